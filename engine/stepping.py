"""One training step: assemble the batch, forward, loss, backward, update; by one hand or by several."""

import json
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array
from engine.augment import augment
from engine.config import TrainingConfig
from engine.datasets.base import Split
from engine.network import Network, Pass
from engine.parallel import Crew, shares
from engine.streams import StepRandomness, stream
from engine.updating import Updater

# Multiply-adds of one step's forward pass above which two hands are faster than one: below, handing the work
# over costs more than it saves.
SHARED_MACS = 12_000_000


def choose_parts(config: TrainingConfig, image_shape: tuple[int, int, int]) -> int:
    """Hands for a batch. Depends on the settings alone, so that the same config gives the same bits."""
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

    @property
    def diverged(self) -> bool:
        """The loss or the gradient is infinite or undefined."""
        return not (math.isfinite(self.loss) and math.isfinite(self.gradient_norm))


class Stepper:
    """Owns the memory of training: gradients, passes, optimizer slots; makes one step at a time."""

    def __init__(self, config: TrainingConfig, network: Network, data: Split, crew: Crew) -> None:
        """The crew's functions are shared here; it is started by whoever made it."""
        self.config = config
        self._network, self._data, self._crew = network, data, crew
        self._randomness = [StepRandomness(config.seed, "layers") for _ in range(crew.count)]
        self._alone = Pass(network, self._randomness[0])
        self._passes = [Pass(network, r, part) for r, part in zip(self._randomness, crew.parts, strict=True)]
        self._gradients = [crew.empty(network.vector.shape, network.dtype) for _ in range(crew.count)]
        self._views = [network.views(gradient) for gradient in self._gradients]
        self._updater = Updater(config, network, crew)
        self._step_together = crew.share(self._step_part)
        self._configure_together = crew.share(self._configure_part)

    @property
    def slots(self) -> dict[str, Array]:
        """The optimizer's vectors by name."""
        return self._updater.slots

    def configure(self, config: TrainingConfig) -> None:
        """Take over (live) settings from the next step on, all hands."""
        self._configure_together(json.dumps(config.to_json()))

    def _configure_part(self, index: int, settings: str) -> tuple[float, ...]:
        config = TrainingConfig.from_json(json.loads(settings))
        self._network.change_layers(config.layers)
        self.config = config
        self._updater.configure(config, first=index == 0)
        return ()

    def step(self, step: int, chosen: npt.NDArray[np.intp], rate: float, slots_began: int = 0) -> StepResult:
        """Train on the images at `chosen`. `step` counts from 0. A result that has diverged changes no weight.

        slots_began: steps that were made before the optimizer's vectors began, at 0.
        """
        if self._crew.count == 1 or len(chosen) < self._crew.count:
            return self._step_alone(step, chosen, rate, slots_began)
        results = self._step_together(step, chosen.tobytes(), rate, slots_began)
        loss, correct, squares = (math.fsum(column) for column in zip(*results, strict=True))
        return StepResult(loss, int(correct), _root(squares))

    def _step_part(
        self, index: int, step: int, chosen_bytes: bytes, rate: float, slots_began: int
    ) -> tuple[float, ...]:
        """One hand's part of a step: its loss, right answers, and the square of the gradient's norm over its stretch.

        First every hand has a part of the images and finds a gradient of all weights; then, when all are complete,
        every hand has a stretch of the weights and updates it by the sum of all gradients.
        """
        chosen = np.frombuffer(chosen_bytes, np.intp)
        part, count = self._crew.parts[index], self._crew.count
        pieces, stretch = shares(len(chosen), count), shares(self._network.trained, count)[index]
        part.sizes = [piece.stop - piece.start for piece in pieces]
        loss, correct = self._gradient(index, self._passes[index], step, chosen[pieces[index]], len(chosen))
        whole_loss = float(part.total(np.array([loss]))[0])  # from here on, all gradients are complete
        gradient = self._gradients[0][stretch]
        for other in self._gradients[1:]:
            gradient += other[stretch]
        squares = float(np.dot(gradient, gradient))
        norm = _root(float(part.total(np.array([squares]))[0])) if self._updater.clip_norm else 0.0
        if math.isfinite(whole_loss) and math.isfinite(squares):
            self._updater.update(gradient, norm, rate, step + 1 - slots_began, stretch)
        return loss, correct, squares

    def _step_alone(self, step: int, chosen: npt.NDArray[np.intp], rate: float, slots_began: int) -> StepResult:
        """A step by this hand only: there is no other, or the last batch is too small to share."""
        loss, correct = self._gradient(0, self._alone, step, chosen, len(chosen))
        gradient = self._gradients[0][: self._network.trained]
        result = StepResult(loss, correct, _root(float(np.dot(gradient, gradient))))
        if not result.diverged:
            stretch = slice(0, self._network.trained)
            self._updater.update(gradient, result.gradient_norm, rate, step + 1 - slots_began, stretch)
        return result

    def _gradient(
        self, index: int, through: Pass, step: int, chosen: npt.NDArray[np.intp], count: int
    ) -> tuple[float, int]:
        """One part's share of the loss and its number of right answers; its gradient is left in place."""
        self._randomness[index].restart(step, index)
        images = self._data.train_images[chosen]
        labels = self._data.train_labels[chosen]
        if self.config.augmentation:
            images = augment(images, self.config.augmentation, stream(self.config.seed, "augment", step, index))
        x = self._data.scaling.apply(images, through.buffers["x", (*images.shape, 1)])
        outputs = self._network.forward(x, through)
        loss, dy = self.config.loss.value_and_gradient(outputs, labels, count, through.buffers)
        correct = int(np.count_nonzero(outputs.argmax(axis=1) == labels))
        self._network.backward(dy, through, self._views[index])
        return loss, correct

    @property
    def nbytes(self) -> int:
        """Bytes of memory held by this process, the data set left out."""
        own = sum(gradient.nbytes for gradient in self._gradients) + self._network.vector.nbytes
        return own + self._updater.nbytes + sum(each.nbytes for each in [self._alone, *self._passes])


def _root(square: float) -> float:
    """The square root; infinite and undefined numbers stay what they are."""
    return math.sqrt(square) if square >= 0 else square
