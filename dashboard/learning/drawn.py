"""Illustrations that are curves: what the engine's own functions give, as Plotly figures. No streamlit."""

from collections.abc import Sequence

import numpy as np

from dashboard.charts import learning_rate_figure
from dashboard.charts.figure import Figure, Trace, layout, packed
from dashboard.palette import Palette, palette
from engine.arrays import Array, Buffers
from engine.initializers import Initializer
from engine.layers import Layer, Mode, Softmax
from engine.layers.norm import BatchNorm
from engine.losses import CrossEntropy, Loss
from engine.optimizers import SGD, Momentum, Optimizer
from engine.schedules import Constant, Schedule
from engine.streams import StepRandomness, stream

CURVATURE = np.array([0.08, 1.0], np.float32)  # curvature of the valley along and across
FAR = np.array([-9.0, 1.6], np.float32)  # where descents begin
TOTAL = 2000  # steps of a schedule that is drawn


def training_mode(seed: int = 1) -> Mode:
    """A pass in training, with the randomness of a step."""
    randomness = StepRandomness(seed, "illustration")
    randomness.restart(0, 0)
    return Mode(Buffers(), randomness)


def line(name: str, x: Array, y: Array, color: str, dash: str = "solid", width: float = 2.5) -> Trace:
    """A smooth line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": packed(x),
        "y": packed(y),
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": "%{y:.3g}<extra>" + name + "</extra>",
    }


def framed(
    traces: Sequence[Trace],
    colors: Palette,
    below: str,
    beside: str,
    x: dict[str, object] | None = None,
    y: dict[str, object] | None = None,
) -> Figure:
    """Traces with their legend above. below, beside: titles of the axes. x, y: more on them."""
    look = layout(colors, {"title": below} | (x or {}), {"title": beside} | (y or {}), showlegend=True)
    look["legend"] = {"orientation": "h", "y": 1.12, "x": 0, "font": {"size": 12}}
    return {"data": list(traces), "layout": look}


def activation_figure(layer: Layer, answer: str, slope: str, dark: bool) -> Figure:
    """y and its slope over x, from the layer's own forward and backward pass."""
    colors, x = palette(dark), np.linspace(-4, 4, 161, dtype=np.float32)[:, np.newaxis]
    mode = training_mode()
    y, cache = layer.forward({}, x, mode)
    y = np.array(y)
    dx = layer.backward({}, {}, cache, np.ones_like(y))
    traces = [line(answer, x[:, 0], y[:, 0], colors.training)]
    if dx is not None:
        traces.append(line(slope, x[:, 0], np.array(dx)[:, 0], colors.validation, "dot"))
    return framed(traces, colors, "x", "y")


def softmax_figure(outputs: str, shares: str, dark: bool) -> Figure:
    """Some outputs, and what softmax makes of them."""
    colors, z = palette(dark), np.array([[1.0, 3.0, 0.2, -1.0, 2.2, 0.0, -0.5, 0.6, 1.5, -2.0]], np.float32)
    p = Softmax().forward({}, z, Mode(Buffers()))[0]
    bars = [
        bar(outputs, np.arange(10, dtype=np.float32), z[0], colors.validation),
        bar(shares, np.arange(10, dtype=np.float32), p[0], colors.training),
    ]
    return framed(bars, colors, "0–9", "", x={"dtick": 1})


def bar(name: str, x: Array, y: Array, color: str) -> Trace:
    """Bars of one colour."""
    return {"type": "bar", "name": name, "x": packed(x), "y": packed(y), "marker": {"color": color}}


def schedule_figure(schedule: Schedule, dark: bool) -> Figure:
    """The learning rate over a run."""
    return learning_rate_figure(schedule, 0.01, TOTAL, dark=dark)


def descent(optimizer: Optimizer, steps: int, noise: float = 0.0) -> Array:
    """(steps + 1, 2): where an optimizer goes in a long narrow valley, x^T diag(c) x / 2, from its slope."""
    p, path = FAR.copy(), [FAR.copy()]
    slots = {name: np.zeros(2, np.float32) for name in optimizer.slot_names}
    rng = stream(1, "valley")
    for step in range(1, steps + 1):
        g = CURVATURE * p + np.float32(noise) * rng.standard_normal(2, np.float32)
        optimizer.update(p, g.astype(np.float32), slots, optimizer.learning_rate, step, np.empty(2, np.float32))
        path.append(p.copy())
    return np.stack(path)


def valley_figure(paths: Sequence[tuple[str, Array]], dark: bool) -> Figure:
    """Lines of equal loss, and ways down."""
    colors = palette(dark)
    x, y = np.linspace(-10, 4, 71), np.linspace(-3, 3, 41)
    loss = (CURVATURE[0] * x[np.newaxis] ** 2 + CURVATURE[1] * y[:, np.newaxis] ** 2) / 2
    contour: Trace = {
        "type": "contour",
        "x": packed(x),
        "y": packed(y),
        "z": np.round(np.sqrt(loss), 3).tolist(),
        "showscale": False,
        "contours": {"coloring": "lines"},
        "colorscale": [[0, colors.grid], [1, colors.faint_text]],
        "line": {"width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    ways = []
    for number, (name, path) in enumerate(paths):
        shown = np.clip(path, (-12, -4), (6, 4))
        way = line(name, shown[:, 0], shown[:, 1], colors.runs[number], width=2)
        ways.append(way | {"mode": "lines+markers", "marker": {"size": 4, "color": colors.runs[number]}})
    return framed(
        [contour, *ways], colors, "", "", x={"range": [-10, 4]}, y={"range": [-3, 3], "showticklabels": False}
    )


def optimizer_figure(optimizer: Optimizer, name: str, plain: str, dark: bool) -> Figure:
    """Its way down the valley, beside plain gradient descent's."""
    rates = {"SGD": 1.5, "Momentum": 0.4, "Nesterov": 0.4}
    rate = rates.get(type(optimizer).__name__, 0.4)
    own = descent(type(optimizer)(learning_rate=rate), 40)
    if type(optimizer) is SGD:
        return valley_figure([(name, own)], dark)
    return valley_figure([(plain, descent(SGD(learning_rate=1.5), 40)), (name, own)], dark)


def momentum_figure(label: str, dark: bool) -> Figure:
    """The same learning rate with less and more momentum. label: "momentum {value}"."""
    paths = [
        (label.format(value=value), descent(Momentum(learning_rate=0.3, momentum=value), 40))
        for value in (0.0, 0.6, 0.9)
    ]
    return valley_figure(paths, dark)


def rate_figure(label: str, dark: bool) -> Figure:
    """Too small, good, and too large a learning rate. label: "rate {value}"."""
    paths = [(label.format(value=value), descent(SGD(learning_rate=value), 25)) for value in (0.1, 1.7, 2.05)]
    return valley_figure(paths, dark)


def batch_figure(label: str, dark: bool) -> Figure:
    """The same way down with the noise of small and large batches. label: "batch of {value}"."""
    paths = [
        (label.format(value=value), descent(SGD(learning_rate=0.6), 40, noise=1.6 / value**0.5))
        for value in (1, 16, 256)
    ]
    return valley_figure(paths, dark)


def average_figure(way: str, mean: str, dark: bool) -> Figure:
    """A noisy way down, and the running mean of its places."""
    path = descent(SGD(learning_rate=0.6), 120, noise=0.9)
    means = [path[0]]
    for step, place in enumerate(path[1:]):
        kept = min(0.95, (step + 1) / (step + 10))
        means.append(kept * means[-1] + (1 - kept) * place)
    return valley_figure([(way, path), (mean, np.stack(means))], dark)


def loss_figure(loss: Loss, name: str, other: str, dark: bool) -> Figure:
    """What one image costs, by the probability that its right class is given; `other`: a loss to compare."""
    colors, p = palette(dark), np.linspace(0.02, 0.98, 97, dtype=np.float32)
    cross = -np.log(p)
    squared = ((1 - p) ** 2 + 9 * ((1 - p) / 9) ** 2) / 10  # the other nine share what is left
    own, beside = (cross, squared) if isinstance(loss, CrossEntropy) else (squared, cross)
    traces = [line(name, p, own, colors.training), line(other, p, beside, colors.validation, "dot")]
    return framed(traces, colors, "p", "", y={"range": [0, 4]})


def smoothing_figure(label: str, dark: bool) -> Figure:
    """The target for a 3 without and with smoothing. label: "smoothing {value}"."""
    colors, buffers = palette(dark), Buffers()
    made = []
    for value, color in ((0.0, colors.training), (0.1, colors.validation), (0.5, colors.best)):
        targets = CrossEntropy(label_smoothing=value).targets(np.array([3], np.uint8), 10, buffers)
        made.append(bar(label.format(value=value), np.arange(10, dtype=np.float32), targets[0].copy(), color))
    return framed(made, colors, "0–9", "", x={"dtick": 1})


def histogram(name: str, values: Array, color: str, low: float, high: float) -> Trace:
    """Share of the values in each of 60 bins."""
    counts, edges = np.histogram(values, bins=60, range=(low, high))
    middle = (edges[1:] + edges[:-1]) / 2
    share = counts / max(values.size, 1)
    return line(name, middle.astype(np.float32), share.astype(np.float32), color) | {"fill": "tozeroy"}


def initializer_figure(chosen: Initializer, name: str, he: str, dark: bool) -> Figure:
    """The weights of a layer with 784 inputs and 100 units, beside He's."""
    colors = palette(dark)
    drawn = chosen.draw(stream(1, "weights"), (784, 100), 784, 100)
    reference = type(chosen).members()["HeNormal"]().draw(stream(1, "weights"), (784, 100), 784, 100)
    traces = [histogram(name, drawn, colors.training, -0.2, 0.2)]
    if type(chosen).__name__ != "HeNormal":
        traces.append(histogram(he, reference, colors.validation, -0.2, 0.2))
    return framed(traces, colors, "w", "")


def norm_figure(before: str, after: str, dark: bool) -> Figure:
    """A skewed feature over a batch, before and after."""
    colors = palette(dark)
    x = (stream(1, "feature").gamma(2.0, 1.5, (2000, 1)) + 2).astype(np.float32)
    params = {
        "scale": np.ones(1, np.float32),
        "shift": np.zeros(1, np.float32),
        "mean": np.zeros(1, np.float32),
        "var": np.ones(1, np.float32),
    }
    y = BatchNorm().forward(params, x, training_mode())[0]
    traces = [
        histogram(before, x, colors.validation, -4, 14),
        histogram(after, np.array(y), colors.training, -4, 14),
    ]
    return framed(traces, colors, "x", "")


def penalty_figure(names: dict[str, str], dark: bool) -> Figure:
    """Three weights that nothing but a penalty moves: L1 takes the same from each, L2 a share of each."""
    colors, traces = palette(dark), []
    for number, (kind, name) in enumerate(names.items()):
        w, ways = np.array([1.0, 0.5, 0.2], np.float32), []
        for step in range(1, 61):
            ways.append(w.copy())
            g = 0.05 * np.sign(w) if kind == "l1" else 0.12 * w
            SGD(learning_rate=0.3).update(w, g.astype(np.float32), {}, 0.3, step, np.empty(3, np.float32))
        for place in range(3):
            way = line(
                name,
                np.arange(60, dtype=np.float32),
                np.array(ways)[:, place],
                colors.runs[number],
                ("solid", "dot")[number % 2],
            )
            traces.append(way | {"showlegend": place == 0, "legendgroup": kind})
    return framed(traces, colors, "", "w", y={"range": [0, 1.05]})


def warmup_figure(dark: bool) -> Figure:
    """A constant rate with a long warm-up."""
    return schedule_figure(Constant(warmup=400), dark)
