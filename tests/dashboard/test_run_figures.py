"""Rewound curves, further curves, confusion matrices, pictures of weights, and the figures of an earlier step."""

import base64
import json
import math

import cv2
import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.charts import (
    FURTHER,
    accuracy_figure,
    confusion_figure,
    confusion_words,
    further_figure,
    kernel_pictures,
    loss_figure,
    pictures_html,
    unit_pictures,
)
from dashboard.charts.kernels import NEGATIVE, POSITIVE
from dashboard.training.moments import labels, moment
from engine.history import History


@pytest.fixture
def history(tmp_path):
    """200 steps of 0.1 s in two epochs: the loss falls from 2 to 0.01, a look at 50, epochs end at 100 and 200."""
    step = np.arange(1, 201)
    place = [{"step": s, "epoch": s / 100, "seconds": s / 10} for s in (50, 100, 200)]
    columns = {
        "step": step,
        "epoch": step / 100,
        "loss": 2.01 - step / 100,
        "accuracy": step / 200,
        "learning_rate": 0.1 / step,
        "gradient_norm": 1.0 + step % 2,
    }
    epoch = {"train_loss": 1.0, "train_accuracy": 0.5, "validation_loss": 1.0}
    events = [
        {"event": "RunStarted", "step": 0, "epoch": 0.0, "seconds": 0.0}
        | {"total_steps": 400, "steps_per_epoch": 100, "train_images": 6400},
        {"event": "Batches", "seconds": 20.0, "images_per_second": 640.0} | {n: c.tolist() for n, c in columns.items()},
        {"event": "Validated", "loss": 1.0, "accuracy": 0.4, "images": 100} | place[0],
        {"event": "EpochDone", "validation_accuracy": 0.6, "best": True} | epoch | place[1],
        {"event": "EpochDone", "validation_accuracy": 0.5, "best": False} | epoch | place[2],
        {"event": "Probed", "update_norm": 0.02, "weight_norm": 10.0, "dead": {"1.relu": 0.25}, "dead_share": 0.25}
        | place[0],
        {"event": "Probed", "update_norm": 0.01, "weight_norm": 10.0, "dead": {"1.relu": 0.5}, "dead_share": 0.5}
        | place[1],
    ]
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    found = History(file)
    found.update()
    return found


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed["bdata"]), np.float32)


@pytest.mark.parametrize(("x", "place"), [("step", 150), ("epoch", 1.5), ("seconds", 15)])
def test_rewound_curves_have_a_line_at_the_step_and_a_veil_from_there_to_the_end(history, x, place):
    for figure in (loss_figure(history, x=x, at_step=150), accuracy_figure(history, x=x, at_step=150)):
        go.Figure(figure)
        veil, line = figure["layout"]["shapes"][-2:]
        assert (veil["type"], line["type"]) == ("rect", "line")
        assert veil["x0"] == line["x0"] == line["x1"] == pytest.approx(place)
        assert veil["x1"] == pytest.approx(figure["layout"]["xaxis"]["range"][1])


def test_a_run_that_is_not_rewound_has_no_veil(history):
    assert all(shape["type"] == "line" for shape in loss_figure(history)["layout"]["shapes"])


@pytest.mark.parametrize("name", FURTHER)
@pytest.mark.parametrize("x", ["step", "epoch", "seconds"])
def test_plotly_takes_the_further_curves(history, tmp_path, name, x):
    for each in (history, History(tmp_path / "nothing.jsonl")):
        for dark in (False, True):
            figure = further_figure(each, name, x=x, at_step=100, dark=dark)
            go.Figure(figure)
            json.dumps(figure, allow_nan=False)


def test_further_curves_show_what_was_measured(history):
    def last(name):
        return numbers(further_figure(history, name)["data"][-1]["y"])[-1]

    assert last("learning_rate") == pytest.approx(0.1 / 200)
    assert last("gradient_norm") == pytest.approx(1.5, abs=0.1)  # 1 and 2 in turn, smoothed
    assert last("update") == pytest.approx(0.01 / 10)
    assert last("dead") == pytest.approx(50.0)


def test_a_quantity_that_was_never_measured_says_so(tmp_path):
    (note,) = further_figure(History(tmp_path / "nothing.jsonl"), "dead")["layout"]["annotations"]
    assert note["text"] == "Not measured yet"


def test_a_moment_knows_only_what_had_happened_by_then(history):
    early, late = moment(history, 60), moment(history, 150)
    assert (early.epoch, early.seconds, early.validation_accuracy) == (0.6, pytest.approx(6.0), 0.4)
    assert (late.validation_accuracy, late.looked_at) == (0.6, 100)
    assert late.loss == pytest.approx(2.01 - (131 + 150) / 200)  # mean over the steps 131 to 150
    start = moment(history, 0)
    assert (start.epoch, start.seconds) == (0.0, 0.0)
    assert math.isnan(start.validation_accuracy)
    assert math.isnan(start.loss)


def test_labels_of_the_slider_tell_step_epoch_accuracy_and_the_best_epoch(history):
    assert labels(history, [0, 50, 100, 200]) == [
        "step 0 · epoch 0.00",
        "step 50 · epoch 0.50 · 40.0 %",
        "step 100 · epoch 1.00 · 60.0 % · best epoch",
        "step 200 · epoch 2.00 · 50.0 %",
    ]


def test_confusion_figure_splits_right_answers_from_mistakes_by_the_share_of_their_class():
    counts = np.array([[90, 10, 0], [0, 5, 5], [0, 0, 0]])
    figure = confusion_figure(counts)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    right, wrong = figure["data"]
    assert right["z"][0][0] == 0.9
    assert right["z"][0][1] is None
    assert wrong["z"][1][2] == 0.5
    assert wrong["zmax"] == 0.5  # the worst mistake has the strongest colour
    assert right["hovertext"][0][1] == "0 read as 1: 10 of 100 (10.0%)"
    assert right["text"][0] == ["90", "10", ""]


def test_confusion_in_words_names_the_commonest_mistakes_first():
    counts = np.diag([10, 10, 10])
    assert confusion_words(counts) == "30 of 30 images are read correctly."
    counts[1, 2], counts[2, 0] = 2, 7
    assert confusion_words(counts) == (
        "30 of 39 images are read correctly. The commonest mistakes: 2 as 0 (7×), 1 as 2 (2×)."
    )
    assert confusion_words(np.zeros((10, 10), int)) == "No images were read."


def test_kernels_are_coloured_by_sign_and_as_opaque_as_they_are_large():
    weight = np.zeros((3, 3, 1, 2), np.float32)
    weight[0, 1, 0, 0], weight[2, 2, 0, 1] = 0.5, -0.25
    first, second = kernel_pictures(weight)
    assert first.shape == (3, 3, 4)
    assert first[0, 1].tolist() == [*POSITIVE, 255]
    assert second[2, 2].tolist() == [*NEGATIVE, 128]  # half of the largest: 127.5
    assert first[..., 3].sum() == 255


def test_the_channels_of_a_kernel_stand_side_by_side():
    weight = np.zeros((2, 2, 3, 1), np.float32)
    weight[1, 0, 2, 0] = 1.0  # lower left pixel of the third channel
    (picture,) = kernel_pictures(weight)
    assert picture.shape == (2, 6, 4)
    assert np.argwhere(picture[..., 3]).tolist() == [[1, 4]]


def test_units_of_a_dense_layer_are_pictures_of_the_image_they_look_at():
    weight = np.arange(12, dtype=np.float32).reshape(6, 2)
    first, second = unit_pictures(weight, (2, 3), limit=11.0)
    assert first.shape == (2, 3, 4)
    assert second[..., 3].tolist() == [[23, 70, 116], [162, 209, 255]]  # 255 / 11 * (1, 3, 5; 7, 9, 11)


def test_weights_of_another_layout_are_refused_and_weights_that_overflowed_are_drawn():
    with pytest.raises(ValueError, match="four axes"):
        kernel_pictures(np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="28x28 pixels"):
        unit_pictures(np.zeros((100, 10), np.float32), (28, 28))
    (picture,) = kernel_pictures(np.full((1, 1, 1, 1), np.inf, np.float32))
    assert picture[0, 0, 3] == 255


def test_pictures_in_html_hold_the_very_pixels_and_escaped_names():
    picture = np.array([[[10, 20, 30, 255], [1, 2, 3, 255]]], np.uint8)
    html = pictures_html([picture], ["<b>"])
    encoded = html.split("base64,")[1].split('"')[0]
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_UNCHANGED)
    assert cv2.cvtColor(decoded, cv2.COLOR_BGRA2RGBA).tolist() == picture.tolist()
    assert "<b>" not in html
