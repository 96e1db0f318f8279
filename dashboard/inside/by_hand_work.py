"""What the section By hand shows, worked out by the engine in the background. No streamlit."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dashboard.inside.subject import Key
from dashboard.running.jobs import Tell
from engine.arrays import Array, Bytes, Shape
from engine.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from engine.datasets import DataError, planned_images
from engine.explain.microscope import Change, rate_after, step_of
from engine.explain.unit import Place, Sum, UnitStep, strongest_unit, unit_step
from engine.explain.unit_trace import Trace, raw_network, trace
from engine.gradcheck import WeightCheck, check_weights
from engine.layers import Flatten
from engine.losses import CrossEntropy, MeanSquaredError
from engine.network import Network


@dataclass(frozen=True)
class OutputStep:
    """The loss and where it comes from, class by class."""

    kind: str  # "cross-entropy", "mse", or the name of another loss
    loss: float
    label: int
    outputs: Array  # (classes,) the last layer's
    shares: Array  # (classes,) what the loss makes of them
    targets: Array  # (classes,) what they should be
    gradient: Array  # (classes,) of the loss by the outputs


@dataclass(frozen=True)
class HandStep:
    """A unit's numbers for one image, and what the optimizer would make of its gradient.

    field       the shape (height, width, channels) in which a dense layer's inputs lay before Flatten; () if in none
    after       new weights: of a sum in the order of its terms, of a norm scale and shift; None where no step is made
    bias_after  the new bias
    no_step     why no step is made
    """

    unit: UnitStep
    output: OutputStep
    field: Shape
    after: Array | None
    bias_after: float | None
    rate: float
    count: int
    began_anew: bool
    frozen: bool
    no_step: str


@dataclass(frozen=True)
class _Ground:
    """What all units of one network and image have in common."""

    network: Network
    trace: Trace
    change: Change | None
    problem: str


_lock = threading.Lock()
_newest: tuple[object, _Ground] | None = None  # only one: the vectors of a large network are hundreds of megabytes


@dataclass(frozen=True, eq=False)
class Asked:
    """A network and an image. memory: a file of the same run that may know the optimizer's state, or None."""

    saved: Checkpoint
    key: Key
    image: Bytes
    label: int
    memory: Path | None = None


def work_out(asked: Asked, layer: int, place: Place | None) -> HandStep:
    """The numbers of a unit; place None: of the one that mattered most. Raises ValueError."""
    saved, ground = asked.saved, _ground(asked)
    network, found, change = ground.network, ground.trace, ground.change
    with np.errstate(all="ignore"):
        chosen = place if place is not None else strongest_unit(network, found, layer)
        unit = unit_step(network, found, layer, chosen)
        after, bias_after = _after(unit, network, change) if change is not None else (None, None)
    return HandStep(
        unit,
        _output(saved, found),
        _field(network, layer),
        after,
        bias_after,
        change.rate if change is not None else 0.0,
        change.count if change is not None else 0,
        change is not None and change.began_anew,
        layer in network.frozen,
        ground.problem,
    )


def check(saved: Checkpoint, image: Bytes, label: int, tell: Tell) -> list[WeightCheck]:
    """The gradient check of this network and image."""
    with np.errstate(all="ignore"):
        return check_weights(raw_network(saved), saved.config.loss, _input(saved, image), label, tell=tell)


def _ground(asked: Asked) -> _Ground:
    global _newest
    name = (asked.key, asked.image.tobytes(), asked.label, asked.memory)
    with _lock:
        if _newest is not None and _newest[0] == name:
            return _newest[1]
    saved = _remembering(asked.saved, asked.memory)
    network = raw_network(saved)
    with np.errstate(all="ignore"):  # a network that has diverged
        found = trace(network, saved.config.loss, _input(saved, asked.image), asked.label)
        change, problem = None, ""
        try:
            change = step_of(saved, found.gradient, rate_after(saved, planned_images(saved.config.data)))
        except DataError as error:  # a schedule needs to know how long the run is
            problem = str(error)
    ground = _Ground(network, found, change, problem)
    with _lock:
        _newest = (name, ground)
    return ground


def _remembering(saved: Checkpoint, memory: Path | None) -> Checkpoint:
    """With the optimizer's state of another file, if that has the very same weights."""
    if memory is None:
        return saved
    try:
        other = read_checkpoint(memory)
    except CheckpointError:  # the snapshot made room for another
        return saved
    same = saved.params.keys() == other.params.keys() and all(
        np.array_equal(array, other.params[name]) for name, array in saved.params.items()
    )
    return replace(saved, slots=other.slots, slots_began=other.slots_began) if same else saved


def _input(saved: Checkpoint, image: Bytes) -> Array:
    return saved.scaling.apply(image[np.newaxis], np.empty((1, *image.shape, 1), np.float32))[0]


def _after(unit: UnitStep, network: Network, change: Change) -> tuple[Array, float | None]:
    views = network.views(change.after)[unit.layer]
    if isinstance(unit.maths, Sum):
        weights = views["weight"][tuple(unit.maths.weight_indices.T)]
        return weights.copy(), float(views["bias"][unit.place[-1]]) if "bias" in views else None
    channel = unit.place[-1]
    return np.array([views["scale"][channel], views["shift"][channel]]), None


def _output(saved: Checkpoint, found: Trace) -> OutputStep:
    loss, outputs = saved.config.loss, found.network_outputs
    kind = {CrossEntropy: "cross-entropy", MeanSquaredError: "mse"}.get(type(loss), type(loss).__name__)
    smoothing = loss.label_smoothing
    targets = np.full(len(outputs), smoothing / len(outputs))
    targets[found.label] += 1 - smoothing
    shares = loss.probabilities(outputs[np.newaxis])[0]
    return OutputStep(kind, found.loss, found.label, outputs, shares, targets, found.d_outputs[-1])


def _field(network: Network, layer: int) -> Shape:
    """Where the inputs of a dense layer lay in an image, past layers that leave places alone."""
    shape = network.shapes[layer]
    for number in range(layer - 1, -1, -1):
        if isinstance(network.layers[number], Flatten):
            return network.shapes[number]
        if network.shapes[number] != shape or network.layers[number].group == "weights":
            return ()
    return ()
