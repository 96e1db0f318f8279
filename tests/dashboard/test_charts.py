"""Figures: that Plotly takes them, that nothing is lost on the way to few points, and what the axes show."""

import base64
import json
import re
import time
import xml.etree.ElementTree as ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.charts import (
    accuracy_figure,
    architecture_picture,
    learning_rate_figure,
    loss_figure,
)
from dashboard.charts.axes import accuracy_limits, loss_limits
from dashboard.charts.marks import change_text
from dashboard.charts.sampling import extremes, smoothed
from dashboard.palette import DARK, LIGHT, replacements
from engine.history import History
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, ReLU
from engine.network import LayerSummary, summarize
from engine.presets import PRESETS
from engine.schedules import OneCycle, Schedule, Steps

STEPS_PER_EPOCH = 100


def events(steps, losses=None):
    """A run with a look at half of every epoch, and two live changes."""
    total = {"total_steps": 10 * steps, "steps_per_epoch": STEPS_PER_EPOCH, "train_images": 6400}
    yield {"event": "RunStarted", "step": 0, "epoch": 0.0, "seconds": 0.0} | total
    step = np.arange(1, steps + 1)
    loss = 2.3 / np.sqrt(step) if losses is None else losses
    for start in range(0, steps, 50):
        part = step[start : start + 50]
        columns = {"step": part, "epoch": part / STEPS_PER_EPOCH, "accuracy": 1 - 0.9 / np.sqrt(part)}
        columns |= {"learning_rate": part * 0 + 0.1, "gradient_norm": part * 0 + 1.0}
        lists = {name: column.tolist() for name, column in columns.items()}
        lists["loss"] = [float(x) if np.isfinite(x) else None for x in loss[start : start + 50]]
        last = int(part[-1])
        place = {"step": last, "epoch": last / STEPS_PER_EPOCH, "seconds": last / 100}
        yield {"event": "Batches"} | lists | {"seconds": place["seconds"], "images_per_second": 6400.0}
        if last % STEPS_PER_EPOCH == 50:
            yield {"event": "Validated", "loss": 0.5, "accuracy": 0.9, "images": 100} | place
        if last % STEPS_PER_EPOCH == 0:
            figures = {"train_loss": 0.3, "train_accuracy": 0.9, "validation_loss": 0.4, "validation_accuracy": 0.925}
            yield {"event": "EpochDone", "best": last == 2 * STEPS_PER_EPOCH} | figures | place
    for place in ({"step": 120, "epoch": 1.2, "seconds": 1.2}, {"step": 150, "epoch": 1.5, "seconds": 1.5}):
        if steps > 200:
            yield {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.1, 0.01]}} | place


def history_of(tmp_path, steps, losses=None):
    file = tmp_path / f"{steps}.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events(steps, losses)) if steps else "")
    history = History(file)
    history.update()
    return history


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed["bdata"]), np.float32)


def trace(figure, uid):
    return next(each for each in figure["data"] if each["uid"] == uid)


@pytest.mark.parametrize("steps", [0, 1, 10, 260, 5000])
@pytest.mark.parametrize("x", ["step", "epoch", "seconds"])
@pytest.mark.parametrize("smoothing", [0.0, 0.6, 1.0])
def test_plotly_takes_the_curves_at_any_length(tmp_path, steps, x, smoothing):
    history = history_of(tmp_path, steps)
    for dark in (False, True):
        for figure in (
            loss_figure(history, x=x, smoothing=smoothing, dark=dark),
            loss_figure(history, x=x, smoothing=smoothing, dark=dark, log=True),
            accuracy_figure(history, x=x, smoothing=smoothing, dark=dark),
        ):
            go.Figure(figure)
            json.dumps(figure, allow_nan=False)
            assert all(len(numbers(each["x"])) == len(numbers(each["y"])) <= 502 for each in figure["data"])
            assert np.isfinite(figure["layout"]["yaxis"]["range"]).all()


def test_plotly_takes_the_other_figures():
    for schedule in Schedule.members().values():
        go.Figure(learning_rate_figure(schedule(warmup=10), 0.1, 1000, step=50))


def test_unknown_axis_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one of step, epoch, seconds; got 'weeks'"):
        loss_figure(history_of(tmp_path, 10), x="weeks")


def test_zoom_is_forgotten_on_both_axes_when_the_bottom_shows_something_else(tmp_path):
    history = history_of(tmp_path, 10)
    steps, smoother, epochs = (
        loss_figure(history, x=x, smoothing=smoothing)["layout"]
        for x, smoothing in (("step", 0), ("step", 1), ("epoch", 0))
    )
    for axis in ("xaxis", "yaxis"):
        assert steps[axis]["uirevision"] == smoother[axis]["uirevision"] != epochs[axis]["uirevision"]


def test_spike_of_one_batch_is_not_lost_in_a_long_run(tmp_path):
    losses = np.full(20_000, 0.1)
    losses[12_345] = 7.0
    losses[17_000] = 0.001
    raw = trace(loss_figure(history_of(tmp_path, 20_000, losses)), "batches")
    x, y = numbers(raw["x"]), numbers(raw["y"])
    assert x[y == 7.0] == [12_346]
    assert x[np.isclose(y, 0.001)] == [17_001]
    assert x[-1] == 20_000
    assert (np.diff(x) > 0).all()


def test_buckets_stay_where_they_are_while_the_run_grows():
    values = np.random.default_rng(0).normal(size=3000)
    before, after = extremes(values[:2500]), extremes(values)
    assert set(before[:-3]) <= set(after)


def test_bucket_without_numbers_is_a_gap_and_no_error():
    values = np.r_[np.ones(1000), np.full(1000, np.nan), np.ones(1000)]
    shown = values[extremes(values)]
    assert np.isnan(shown).any()
    assert np.isfinite(shown).sum() > 100
    assert len(extremes(np.full(5000, np.nan))) > 0


def test_smoothing_does_not_lag_and_leaves_constants_alone():
    steps = np.arange(1000.0)
    x, y = smoothed(steps, steps, 0.6)
    middle = slice(50, -50)
    # a straight line stays where it is, but for half a bucket of 4 steps
    assert np.abs(x - y)[middle].max() <= 2
    assert smoothed(steps, np.full(1000, 0.3), 0.9)[1] == pytest.approx(np.full(250, 0.3))


def test_smoothing_passes_over_what_is_not_a_number():
    values = np.array([1.0, np.nan, 1.0, np.nan, 1.0] * 10)
    assert smoothed(np.arange(50.0), values, 0.8)[1] == pytest.approx(np.ones(50))


def test_validation_and_its_best_epoch_are_in_both_figures(tmp_path):
    history = history_of(tmp_path, 500)
    for figure, value in ((loss_figure(history), 0.4), (accuracy_figure(history), 92.5)):
        assert numbers(trace(figure, "validation")["x"]).tolist() == [100, 200, 300, 400, 500]
        assert numbers(trace(figure, "validation")["y"]) == pytest.approx(np.full(5, value))
        assert numbers(trace(figure, "looks")["x"]).tolist() == [50, 150, 250, 350, 450]
        assert numbers(trace(figure, "best")["x"]).tolist() == [200]
        texts = [note["text"] for note in figure["layout"]["annotations"]]
        assert "best: 92.50 %" in texts
        assert sum(shape["x0"] in (120, 150) for shape in figure["layout"]["shapes"]) == 2


def test_training_and_validation_have_the_same_colours_in_both_figures(tmp_path):
    history = history_of(tmp_path, 500)
    for dark, colors in ((False, LIGHT), (True, DARK)):
        for figure in (loss_figure(history, dark=dark), accuracy_figure(history, dark=dark)):
            assert trace(figure, "training")["line"]["color"] == colors.training
            assert trace(figure, "validation")["line"]["color"] == colors.validation


def test_text_from_events_is_escaped(tmp_path):
    history = history_of(tmp_path, 500)
    history.changes[-1].changes["<a href='x'>"] = ["<b>", "<i>"]
    history.changes[-1].changes.pop("optimizer.learning_rate")
    notes = loss_figure(history)["layout"]["annotations"]
    text = " ".join(note["text"] + note.get("hovertext", "") for note in notes)
    assert "&lt;a href" in text
    assert "<a" not in text
    assert "<i>" not in text


def test_change_text_is_readable():
    assert change_text("optimizer.learning_rate", [0.1, 0.01]) == "learning rate 0.1 → 0.01"
    assert change_text("layers.6.drop", [0.5, 0.25]) == "drop of layer 7 0.5 → 0.25"
    assert change_text("augmentation", [[], [{"kind": "Shift"}]]) == "augmentation"


def test_spike_does_not_flatten_the_loss_and_is_told():
    curve = 2.3 / np.sqrt(np.arange(1, 500))
    spiked = np.r_[60.0, 30.0, 9.0, curve]
    nothing = np.empty(0)
    assert loss_limits(curve[:50], curve[:50], nothing, log=False).peak is None
    limits = loss_limits(spiked, spiked, nothing, log=False)
    assert limits.low == 0
    assert 0.5 < limits.high < 5
    assert limits.peak == 60


def test_log_axis_holds_what_matters_and_takes_zeros():
    limits = loss_limits(np.array([2.0, 0.5, 0.0, 1e-30]), np.array([1.0, 0.02]), np.array([0.03]), log=True)
    assert 0 < limits.low < 0.02
    assert limits.high >= 2


def test_accuracy_axis_starts_higher_only_when_nearly_all_is_there():
    early, late = np.linspace(10, 60, 100), np.r_[np.linspace(10, 95, 10), np.full(300, 98.5)]
    assert accuracy_limits(early, np.empty(0)).low == 0
    assert accuracy_limits(late, np.empty(0)).low == 98
    starts = [accuracy_limits(late[:n], np.empty(0)).low for n in range(1, len(late))]
    assert (np.diff(starts) >= 0).all()


def test_building_a_figure_costs_the_same_in_long_runs(tmp_path):
    """Far less than a script run costs, at any length; the bound is loose, since machines are shared."""
    history = history_of(tmp_path, 20_000)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        loss_figure(history)
        accuracy_figure(history)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02


def test_learning_rate_follows_the_schedule():
    figure = learning_rate_figure(Steps(every=100, by=0.5), 0.1, 300)
    x, y = numbers(figure["data"][0]["x"]), numbers(figure["data"][0]["y"])
    assert y[[0, 99, 100, 299]] == pytest.approx([0.1, 0.1, 0.05, 0.025])
    assert x[-1] == 299
    assert numbers(learning_rate_figure(OneCycle(), 0.1, 1)["data"][0]["y"]).size == 1


CONV_NET = (Conv(16, 3), BatchNorm(), ReLU(), MaxPool(2), Flatten(), Dense(128), ReLU(), Dropout(0.5), Dense(10))


def drawn(svg):
    """The picture as an XML tree: it must be whole."""
    return ElementTree.fromstring(svg)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_drawn(name):
    svg = architecture_picture(summarize(PRESETS[name].config.layers, (28, 28, 1)))
    assert "nan" not in svg
    drawn(svg)


@pytest.mark.parametrize("count", [1, 5, 40])
def test_networks_of_any_length_are_drawn(count):
    layers = (Flatten(), *[Dense(4096 if i % 2 else 1) for i in range(count - 1)])
    drawn(architecture_picture(summarize(layers, (28, 28, 1)), dark=True))
    drawn(architecture_picture(summarize((Conv(512, 1),) * count, (1, 300, 3))))
    assert architecture_picture([]) == ""


def test_picture_says_shapes_counts_and_what_works_in_place():
    words = "|".join(drawn(architecture_picture(summarize(CONV_NET, (28, 28, 1), frozenset({0})))).itertext())
    for text in ("28 \N{MULTIPLICATION SIGN} 28", "3,136", "401,536 params", "BatchNorm", "Dropout", "frozen"):
        assert text in words


def test_text_in_the_picture_is_escaped():
    row = LayerSummary("0.x", "<script>", (4, 4, 1), (16,), 3, 3, True)
    assert "<script>" not in architecture_picture([row])


def test_picture_takes_the_other_themes_colours():
    """Every colour of a dark picture is one that the browser can replace by a light one, and the other way."""
    rows = summarize(CONV_NET, (28, 28, 1))
    light, dark = architecture_picture(rows), architecture_picture(rows, dark=True)
    for made, wanted, table in ((light, dark, replacements(dark=True)), (dark, light, replacements(dark=False))):
        assert re.sub(r"#[0-9a-f]{6}", lambda found, table=table: table.get(found[0], found[0]), made) == wanted
    assert not set(replacements(dark=True)) & set(replacements(dark=True).values())
