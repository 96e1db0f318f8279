"""The next step of a run under the microscope: one weight, its gradient, the optimizer's memory, and where it goes.

The step is the one that training makes: the same images in the same order, changed by the same augmentation, through
the engine's own Stepper, under the settings of the checkpoint. Adam's slots are kept by the engine without the
factors 1 - b1 and 1 - b2 (see optimizers.Adam); here m and v are those of the paper.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.arrays import Array
from engine.checkpoint import Checkpoint, Position, copy_named
from engine.config import Penalty, TrainingConfig
from engine.datasets.base import Split
from engine.explain.unit_trace import raw_network
from engine.network import Network
from engine.optimizers import Momentum
from engine.pacing import Pacing
from engine.parallel import make_crew
from engine.shuffling import Shuffled
from engine.stepping import Stepper
from engine.updating import Updater


@dataclass(frozen=True)
class Change:
    """What an optimizer's step does to all parameters; vectors are laid out as the network's.

    gradient     dL/dw of the batch, before clipping and penalties; slots as the engine keeps them
    rate         the learning rate that the schedule gives for this step
    count        steps since the slots began, this one included: t in Adam's formula
    norm         the gradient's length over the trained parameters, which clipping looks at
    diverged     the loss or the gradient is not finite: no step is made
    began_anew   the file holds no slots, so they begin at 0, as in a new run
    """

    config: TrainingConfig
    network: Network  # for its layout
    before: Array
    gradient: Array
    after: Array
    slots_before: dict[str, Array]
    slots_after: dict[str, Array]
    rate: float
    count: int
    norm: float
    diverged: bool
    began_anew: bool


@dataclass(frozen=True)
class NextStep:
    """The step that a run makes next, and the batch that it makes it with."""

    change: Change
    step: int  # the number of the update, from 1
    epoch: int  # from 0
    images: int
    loss: float
    correct: int


def next_step(saved: Checkpoint, data: Split) -> NextStep:
    """The step after a checkpoint, to the bit. data: what the run is trained on (datasets.load_split).

    Raises CheckpointError where the data is not what it was.
    """
    saved.check_data(data)
    config = saved.config
    pacing = Pacing(config, len(data.train_images))
    position = _within_epoch(saved.position, pacing)
    after = pacing.after_batch(position)
    chosen = Shuffled(config.seed, len(data.train_images)).between(position, after)
    total = pacing.total_steps(position)
    rate = config.optimizer.learning_rate * config.schedule.factor(position.step, total)

    def make(settings: TrainingConfig, slots: dict[str, dict[str, Array]], began: int) -> _Made:
        return _step(saved, settings, data, slots, (position.step, chosen, rate, began))

    # With no momentum and no penalty, the velocity after the first step is the gradient itself, bit by bit: 0 v + g.
    plain = replace(config, optimizer=Momentum(momentum=0.0), penalty=Penalty(), clip_norm=0.0)
    gradient = make(plain, {}, position.step).slots["velocity"]
    began = saved.slots_began if saved.slots else position.step
    real = make(config, saved.slots, began)
    change = _change(saved, real, gradient, rate, position.step + 1 - began)
    return NextStep(change, position.step + 1, position.epoch, len(chosen), real.loss, real.correct)


def step_of(saved: Checkpoint, gradient: Array, rate: float) -> Change:
    """What the optimizer would make of another gradient, such as that of one image. It is left as it is."""
    network, crew = raw_network(saved), make_crew(1)
    updater = Updater(saved.config, network, crew)
    _fill(updater.slots, saved.slots, network)
    trained = slice(0, network.trained)
    norm = float(np.linalg.norm(gradient[trained].astype(np.float64)))
    began = saved.slots_began if saved.slots else saved.position.step
    finite = bool(np.isfinite(norm))
    if finite:
        updater.update(gradient[trained].copy(), norm, rate, saved.position.step + 1 - began, trained)
    made = _Made(network, updater.slots, 0.0, 0, norm, not finite)
    return _change(saved, made, gradient, rate, saved.position.step + 1 - began)


def rate_after(saved: Checkpoint, images: int) -> float:
    """The learning rate of the step after a checkpoint. images: in one pass over the training images."""
    pacing = Pacing(saved.config, images)
    total = pacing.total_steps(_within_epoch(saved.position, pacing))
    return saved.config.optimizer.learning_rate * saved.config.schedule.factor(saved.position.step, total)


@dataclass(frozen=True)
class _Made:
    network: Network
    slots: dict[str, Array]
    loss: float
    correct: int
    norm: float
    diverged: bool


def _within_epoch(position: Position, pacing: Pacing) -> Position:
    """Where the next batch begins: a pass that is complete is followed by the next one."""
    return Position(position.step, position.epoch + 1, 0) if pacing.epoch_ends(position) else position


def _step(
    saved: Checkpoint,
    config: TrainingConfig,
    data: Split,
    slots: dict[str, dict[str, Array]],
    batch: tuple[int, npt.NDArray[np.intp], float, int],
) -> _Made:
    """One step by the engine's Stepper, in as many parts as the run has. batch: the arguments of Stepper.step."""
    crew = make_crew(saved.parts)
    try:
        network = Network(config.layers, saved.image_shape, frozenset(config.frozen), zeros=crew.empty)
        stepper = Stepper(config, network, data, crew)
        crew.start()
        copy_named(saved.params, network.named(network.vector))
        copy_named(saved.tracked, network.tracked)
        _fill(stepper.slots, slots, network)
        with np.errstate(all="ignore"):  # a run that diverges is told by its loss
            result = stepper.step(*batch)
    finally:
        crew.close()
    return _Made(network, stepper.slots, result.loss, result.correct, result.gradient_norm, result.diverged)


def _fill(slots: dict[str, Array], named: dict[str, dict[str, Array]], network: Network) -> None:
    """Put what a file holds into the optimizer's vectors; where it holds nothing they stay at 0."""
    for name, slot in slots.items():
        if named:
            copy_named(named.get(name, {}), network.named(slot))


def _change(saved: Checkpoint, made: _Made, gradient: Array, rate: float, count: int) -> Change:
    before = raw_network(saved)
    slots = {name: np.zeros_like(before.vector) for name in made.slots}
    _fill(slots, saved.slots, before)
    return Change(
        saved.config,
        before,
        before.vector,
        gradient,
        made.network.vector,
        slots,
        made.slots,
        rate,
        count,
        made.norm,
        made.diverged,
        began_anew=bool(made.slots) and not saved.slots,
    )
