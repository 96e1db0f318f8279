"""Several runs in one chart: that Plotly takes it, that colours tell runs apart, and what mean and band are."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.charts.overlay import BANDS, QUANTITIES, SHOWS, Curve, View, overlay_figure, tone_color, tone_dash
from dashboard.charts.sampling import MOST_POINTS
from dashboard.palette import DARK, LIGHT, replacements
from engine.history import History


def history(tmp_path, name, accuracies, batches=0, pace=1.0):
    """Epochs of 10 steps with these validation accuracies; `pace` seconds a step."""
    events = [{"event": "RunStarted", "step": 0, "epoch": 0.0, "seconds": 0.0, "total_steps": 0, "steps_per_epoch": 10}]
    if batches:
        step = np.arange(1, batches + 1)
        columns = {name: (step * 0 + 0.5).tolist() for name in ("loss", "accuracy", "learning_rate", "gradient_norm")}
        place = {"step": step.tolist(), "epoch": (step / 10).tolist(), "seconds": batches * pace}
        events.append({"event": "Batches", **columns, **place, "images_per_second": 1.0})
    for number, accuracy in enumerate(accuracies, 1):
        place = {"step": 10 * number, "epoch": float(number), "seconds": 10 * number * pace}
        loss = {"train_loss": 1.0, "train_accuracy": 0.5, "validation_loss": 2 * (1 - accuracy)}
        events.append({"event": "EpochDone", "validation_accuracy": accuracy, "best": True, **loss, **place})
    file = tmp_path / f"{name}.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    found = History(file)
    found.update()
    return found


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed["bdata"]), np.float32)


def points(figure, uid):
    trace = next(each for each in figure["data"] if each["uid"] == uid)
    return numbers(trace["x"]).tolist(), pytest.approx(numbers(trace["y"]).tolist(), rel=1e-5)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("shows", SHOWS)
@pytest.mark.parametrize("x", ["step", "epoch", "seconds"])
@pytest.mark.parametrize("band", BANDS)
def test_plotly_takes_every_view_of_runs_groups_and_nothing(tmp_path, quantity, shows, x, band):
    one, two = history(tmp_path, "one", [0.5, 0.9], 30), history(tmp_path, "two", [0.6], 5000)
    empty = history(tmp_path, "empty", [])
    for members in ([], [(empty,)], [(one,), (two,)], [(one, two, empty), (empty, empty)]):
        curves = [Curve(f"c{tone}", "name", tone, each) for tone, each in enumerate(members)]
        figure = overlay_figure(curves, View(quantity, shows, x, 0.6, quantity == "loss", band), dark=x == "step")
        go.Figure(figure)
        assert len(figure["data"]) == 5 * len(curves)
        assert all(len(numbers(trace["x"])) <= MOST_POINTS for trace in figure["data"])


def test_validation_is_drawn_in_percent_at_the_ends_of_epochs(tmp_path):
    run = history(tmp_path, "run", [0.9, 0.95], 20)
    figure = overlay_figure([Curve("a", "A", 0, (run,))], View())
    assert points(figure, "a-strong") == ([10, 20], [90, 95])
    assert points(figure, "a-training")[0] == []
    figure = overlay_figure([Curve("a", "A", 0, (run,))], View("loss", x="epoch"))
    assert points(figure, "a-strong") == ([1, 2], [0.2, 0.1])


def test_mean_and_band_of_seeds_by_hand(tmp_path):
    runs = tuple(history(tmp_path, f"s{i}", [0.90 + i / 100, 0.94 + i / 100]) for i in range(3))
    curve = Curve("g", "three seeds", 0, runs)
    figure = overlay_figure([curve], View(band="range"))
    assert points(figure, "g-strong") == ([10, 20], [91, 95])
    assert points(figure, "g-low") == ([10, 20], [90, 94])
    assert points(figure, "g-high") == ([10, 20], [92, 96])
    figure = overlay_figure([curve], View(band="deviation"))  # of 90, 91, 92: 1
    assert points(figure, "g-low") == ([10, 20], [90, 94])
    figure = overlay_figure([Curve("g", "two", 0, runs[:2])], View(band="deviation"))  # of 90, 91: 0.7071
    assert points(figure, "g-low")[1] == [90.5 - 0.70711, 94.5 - 0.70711]


def test_the_mean_goes_as_far_as_all_seeds_and_leaves_out_those_that_have_not_begun(tmp_path):
    runs = (history(tmp_path, "a", [0.9, 0.95, 0.97]), history(tmp_path, "b", [0.8]), history(tmp_path, "c", []))
    assert points(overlay_figure([Curve("g", "g", 0, runs)], View()), "g-strong") == ([10], [85])


def test_over_seconds_a_slower_seed_is_read_between_its_points(tmp_path):
    runs = (history(tmp_path, "a", [0.9, 0.92]), history(tmp_path, "b", [0.80, 0.84], pace=0.5))
    # a has points at 10 and 20 s, b at 5 and 10 s: only 10 s is in both; there a has 90, b 84
    assert points(overlay_figure([Curve("g", "g", 0, runs)], View(x="seconds")), "g-strong") == ([10], [87])


def test_every_run_has_a_look_of_its_own_and_every_colour_another_in_the_dark():
    looks = {(tone_color(tone, LIGHT), tone_dash(tone)) for tone in range(21)}
    assert len(looks) == 21
    swapped = replacements(dark=True)
    assert [swapped[color] for color in LIGHT.runs] == list(DARK.runs)


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_of_runs_have_a_contrast_of_3_to_the_page():
    for colors, page in ((LIGHT, "#ffffff"), (DARK, "#0e1117")):
        for color in colors.runs:
            light, dark = sorted((luminance(color), luminance(page)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 3, color


def test_names_are_no_code_for_plotly(tmp_path):
    run = history(tmp_path, "run", [0.9])
    figure = overlay_figure([Curve("a", "<b>x</b> %{y} " + "long " * 20, 0, (run,))], View())
    text = json.dumps(figure["data"])
    assert "<b>" not in text
    assert "x&lt;/b&gt; %{y}" not in text


@pytest.mark.parametrize("view", [View("speed"), View(shows="test"), View(band="3 sigma"), View(x="years")])
def test_a_view_that_is_none_is_refused(view):
    with pytest.raises(ValueError, match="one of"):
        overlay_figure([], view)
