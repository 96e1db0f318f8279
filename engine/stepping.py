"""One training step: assemble the batch, forward, loss, backward, update; on one thread or on several."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array
from engine.augment import augment
from engine.config import TrainingConfig
from engine.datasets.base import Split
from engine.network import Network, Pass
from engine.optimizers import AdamW
from engine.parallel import Crew, shares
from engine.streams import StepRandomness, stream

# Multiply-adds of one step's forward pass above which two threads are faster than one: below, handing the work
# over costs more than it saves.
SHARED_MACS = 4_000_000


def choose_parts(config: TrainingConfig, image_shape: tuple[int, int, int]) -> int:
    """Threads for a batch. Depends on the settings alone, so that the same config gives the same bits."""
    if config.parts:
        return min(config.parts, config.batch_size)
    work = config.batch_size * sum(row.macs for row in config.summary(image_shape))
    return 2 if work >= SHARED_MACS and config.batch_size >= 16 else 1


@dataclass(slots=True)
class StepResult:
    """What one step saw, before its update."""

    loss: float
    correct: int
    gradient_norm: float


class Stepper:
    """Owns the memory of training: gradients, passes, optimizer slots; makes one step at a time."""

    def __init__(self, config: TrainingConfig, network: Network, data: Split, crew: Crew) -> None:
        self.network = network
        self.crew = crew
        self._data = data
        self._randomness = [StepRandomness(config.seed, "layers") for _ in range(crew.count)]
        alone = crew.count == 1
        self._passes = [
            Pass(network, randomness, None if alone else part)
            for randomness, part in zip(self._randomness, crew.parts, strict=True)
        ]
        self._gradients = [np.zeros_like(network.vector) for _ in range(crew.count)]
        self._views = [network.views(gradient) for gradient in self._gradients]
        self._work = np.empty(network.trained, network.dtype)
        self.slots: dict[str, Array] = {}
        self.configure(config)

    def configure(self, config: TrainingConfig) -> None:
        """Take over (live) settings from the next step on."""
        self.config = config
        if set(self.slots) != set(config.optimizer.slot_names):
            self.slots = {name: np.zeros_like(self.network.vector) for name in config.optimizer.slot_names}
        front = self.network.trained
        self._slot_views = {name: slot[:front] for name, slot in self.slots.items()}

    def step(self, step: int, chosen: npt.NDArray[np.intp], rate: float) -> StepResult:
        """Train on the images at `chosen`. `step` counts from 0. A loss that is not finite changes no weight."""
        pieces = shares(len(chosen), self.crew.count)
        self.crew.meeting.sizes[:] = [piece.stop - piece.start for piece in pieces]

        def work(index: int) -> tuple[float, int]:
            return self._gradient(index, step, chosen[pieces[index]], len(chosen))

        results = [work(0)] if self.crew.count == 1 else self.crew.run(work)
        loss = math.fsum(value for value, _ in results)
        gradient = self._gradients[0]
        for other in self._gradients[1:]:
            gradient += other
        front = gradient[: self.network.trained]
        norm = math.sqrt(max(float(np.dot(front, front)), 0.0))
        if math.isfinite(loss):
            self._update(front, norm, step + 1, rate)
        return StepResult(loss, sum(correct for _, correct in results), norm)

    def _gradient(self, index: int, step: int, chosen: npt.NDArray[np.intp], count: int) -> tuple[float, int]:
        """One part's share of the loss and its number of right answers; its gradient is left in place."""
        through = self._passes[index]
        self._randomness[index].restart(step, index)
        images = self._data.train_images[chosen]
        labels = self._data.train_labels[chosen]
        if self.config.augmentation:
            images = augment(images, self.config.augmentation, stream(self.config.seed, "augment", step, index))
        x = self._data.scaling.apply(images, through.buffers["x", (*images.shape, 1)])
        outputs = self.network.forward(x, through)
        loss, dy = self.config.loss.value_and_gradient(outputs, labels, count, through.buffers)
        correct = int(np.count_nonzero(outputs.argmax(axis=1) == labels))
        self.network.backward(dy, through, self._views[index])
        return loss, correct

    def _update(self, gradient: Array, norm: float, step: int, rate: float) -> None:
        """Clip, add penalties, let the optimizer act."""
        config, front, work = self.config, self.network.trained, self._work
        p, decayed = self.network.vector[:front], self.network.decayed
        weights = self.network.vector[:decayed]
        if config.clip_norm and norm > config.clip_norm:
            gradient *= config.clip_norm / norm
        if config.penalty.l2:
            gradient[:decayed] += np.multiply(weights, config.penalty.l2, out=work[:decayed])
        if config.penalty.l1:
            signs = np.sign(weights, out=work[:decayed])
            signs *= config.penalty.l1
            gradient[:decayed] += signs
        optimizer = config.optimizer
        decoupled = config.penalty.decoupled
        if isinstance(optimizer, AdamW):
            decoupled += optimizer.weight_decay
        if decoupled:
            weights *= 1 - rate * decoupled
        optimizer.update(p, gradient, self._slot_views, rate, step, work)

    @property
    def nbytes(self) -> int:
        """Bytes of memory held, the data set left out."""
        arrays: list[Any] = [self._work, *self._gradients, *self.slots.values(), self.network.vector]
        return sum(array.nbytes for array in arrays) + sum(each.nbytes for each in self._passes)
