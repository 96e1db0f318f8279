"""How long a run is, and what is due where: functions of its settings and of the position alone.

That they depend on nothing else is why a run that was interrupted looks, probes and ends at the same steps.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from engine.checkpoint import Position
from engine.config import TrainingConfig
from engine.record import Record

LOOKS_PER_EPOCH = 10
PROBES_PER_EPOCH = 20
SHORTEST_PROBE_STEPS = 32  # a probe reads the weights three times, an update some ten times


@dataclass(frozen=True)
class Pacing:
    """images: in one pass over the training images."""

    config: TrainingConfig
    images: int

    @cached_property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the training images, the last one smaller if need be."""
        return math.ceil(self.images / self.config.batch_size)

    def total_steps(self, position: Position) -> int:
        """Steps of the whole run, as things stand: those made and those to come. Schedules are drawn over this.

        Counted from the position, because the steps made may have had another batch size.
        """
        to_come = (self.config.epochs - position.epoch) * self.steps_per_epoch
        if position.offset:
            to_come += math.ceil((self.images - position.offset) / self.config.batch_size) - self.steps_per_epoch
        total = position.step + max(to_come, 0)
        return min(total, self.config.max_steps) if self.config.max_steps else total

    def total_epochs(self, position: Position) -> float:
        """Epochs of the whole run, as things stand: a fraction where a limit on the steps ends it within one."""
        left = self.total_steps(position) - position.step
        size, here = self.config.batch_size, math.ceil((self.images - position.offset) / self.config.batch_size)
        if left < here:
            return self.epoch(Position(position.step, position.epoch, position.offset + left * size))
        whole, rest = divmod(left - here, self.steps_per_epoch)
        return self.epoch(Position(position.step, position.epoch + 1 + whole, rest * size))

    def epoch(self, position: Position) -> float:
        """Passes over the training images, as a fraction."""
        return position.epoch + position.offset / self.images

    def after_batch(self, position: Position) -> Position:
        """Where the next step leads."""
        size = min(self.config.batch_size, self.images - position.offset)
        return Position(position.step + 1, position.epoch, position.offset + size)

    def epoch_ends(self, position: Position) -> bool:
        """All training images of this pass were used; all validation images are looked at."""
        return position.offset >= self.images

    def look_is_due(self, position: Position) -> bool:
        """Some validation images are looked at here, within an epoch."""
        if self.config.validate_every:
            return position.step % self.config.validate_every == 0
        return math.ceil(position.offset / self.config.batch_size) % self._look_steps == 0

    def probe_is_due(self, position: Position) -> bool:
        """The step that led here is measured: at every look, at the first steps and evenly in between."""
        sampled = position.step % self._probe_steps == 0 or is_round(position.step)
        return sampled or self.epoch_ends(position) or self.look_is_due(position)

    @cached_property
    def _look_steps(self) -> int:
        return math.ceil(self.steps_per_epoch / LOOKS_PER_EPOCH)

    @cached_property
    def _probe_steps(self) -> int:
        return max(math.ceil(self.steps_per_epoch / PROBES_PER_EPOCH), SHORTEST_PROBE_STEPS)

    def reason_to_end(self, position: Position, record: Record) -> str | None:
        """Why no further step is made; None if one is."""
        if record.diverged:
            return "diverged"
        stopping = self.config.stopping
        if position.offset == 0 and position.epoch:
            if stopping.target_accuracy and record.best_accuracy >= stopping.target_accuracy:
                return "target"
            if stopping.patience and record.waited >= stopping.patience:
                return "patience"
        done = position.epoch >= self.config.epochs or position.step >= self.total_steps(position)
        return "finished" if done else None


def is_round(step: int) -> bool:
    """1, 2, 5, 10, 20, 50, 100 and so on: even in their logarithm, for a run changes most in its first moments."""
    return str(step).rstrip("0") in ("1", "2", "5")
