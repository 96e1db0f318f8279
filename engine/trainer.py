"""The training loop, as an iterator of events.

    trainer = Trainer(config, load_split(config.data, config.seed))
    for event in trainer.run():
        print(event)

It is on a batch boundary at every event: `trainer.checkpoint()` is valid there, and to stop is not to ask for
the next event. A trainer that continues from a checkpoint yields the same events and the same bits as one that
was never stopped (same machine, NumPy and number of parts).
"""

import math
from collections.abc import Iterator

import numpy as np

from engine.averaging import WeightAverage
from engine.checkpoint import Checkpoint, Position, versions
from engine.config import TrainingConfig, check_network, live_changes
from engine.datasets.base import Split
from engine.evaluation import Evaluator, Figures
from engine.events import BatchDone, EpochDone, Event, Probed, RunEnded, RunStarted, SettingsChanged, Validated
from engine.network import Network
from engine.pacing import Pacing
from engine.parallel import make_crew
from engine.probing import NormProbe
from engine.record import Record
from engine.shuffling import Shuffled
from engine.state import State, take_weights
from engine.stepping import Stepper, choose_parts

LOOK_IMAGES = 1000  # validation images that are looked at within an epoch: a fixed tenth of them, by default


class Trainer:
    """One run. `best` is the checkpoint of the best epoch so far, `kept` the one that a complete run ends with."""

    def __init__(
        self,
        config: TrainingConfig,
        data: Split,
        resume: Checkpoint | None = None,
        start: Checkpoint | None = None,
        processes: bool = False,
    ) -> None:
        """resume: go on where a checkpoint of this run was taken. start: begin with another network's weights.

        processes: who shares each batch where there are several parts (see parallel.make_crew).
        """
        check_network(config, data.image_shape, data.classes)
        self.config = config
        self.data = data
        self.parts = resume.parts if resume else choose_parts(config, data.image_shape)
        self._crew = make_crew(self.parts, processes)
        self.network = Network(config.layers, data.image_shape, frozenset(config.frozen), zeros=self._crew.empty)
        self._stepper = Stepper(config, self.network, data, self._crew)
        self._evaluator = Evaluator(self.network, data, self._crew)
        self._crew.start()
        self._norms = NormProbe(self.network)
        self._pacing = Pacing(config, len(data.train_images))
        self.position = Position()
        self.record = Record()
        self.best: Checkpoint | None = None
        self.kept: Checkpoint | None = None
        self._pending: TrainingConfig | None = None
        self._shuffled = Shuffled(config.seed, len(data.train_images))
        self.network.initialize(config.initializer, config.seed)
        if start is not None:
            take_weights(self.network, start.average or start.params, start.tracked)
        self._state = State(self.network, self._stepper.slots, WeightAverage(self.network, config.average))
        if resume is not None:
            self._resume(resume)

    def _resume(self, saved: Checkpoint) -> None:
        """Take over everything that a checkpoint of this run holds."""
        saved.check_data(self.data)
        self._state.restore(saved)
        self.position = saved.position
        self.record = Record.from_json(saved.record)

    @property
    def state_bytes(self) -> int:
        """Bytes of what a checkpoint holds, about."""
        return self._state.nbytes

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, as things stand: those made and those to come."""
        return self._pacing.total_steps(self.position)

    @property
    def epoch(self) -> float:
        """Passes over the training images so far, as a fraction."""
        return self._pacing.epoch(self.position)

    @property
    def epoch_is_complete(self) -> bool:
        """All images of the pass were used, but it has not been told yet: EpochDone comes next, without a step."""
        return self._pacing.epoch_ends(self.position)

    @property
    def is_over(self) -> bool:
        """No further step will be made, as things stand."""
        return self._pacing.reason_to_end(self.position, self.record) is not None

    def change(self, config: TrainingConfig) -> None:
        """Use other live settings from the next batch on. Raises SettingError if a difference is not live."""
        live_changes(self.config, config)
        self._pending = config

    def checkpoint(self, arrays_only: bool = False) -> Checkpoint:
        """A copy of the state; with `arrays_only`, of the weights without what is needed to go on."""
        return Checkpoint(
            config=self.config,
            image_shape=self.data.image_shape,
            classes=self.data.classes,
            scaling=self.data.scaling,
            position=self.position,
            **self._state.copies(slots=not arrays_only),
            record=self.record.to_json(),
            parts=self.parts,
            versions=versions(),
            data=self.data.digest,
        )

    def run(self) -> Iterator[Event]:
        """Train until an end is reached; the last event is RunEnded, unless nobody asks for it."""
        with np.errstate(all="ignore"):  # overflow shows in the loss, and ends the run there
            yield self._started()
            yield from self._look()  # if it was due when the checkpoint was taken from which this goes on
            while True:
                yield from self._apply_pending()
                reason = self._pacing.reason_to_end(self.position, self.record)
                if reason is not None:
                    break
                yield self._next_batch()
                yield from self._look()
            yield self._ended(reason)

    def _started(self) -> RunStarted:
        return RunStarted(
            self.position.step,
            self.epoch,
            parameters=self.network.vector.size,
            train_images=len(self.data.train_images),
            validation_images=len(self.data.validation_images),
            test_images=len(self.data.test_images),
            steps_per_epoch=self._pacing.steps_per_epoch,
            total_steps=self.total_steps,
            epochs=self._pacing.total_epochs(self.position),
            parts=self.parts,
            versions=versions(),
        )

    def _apply_pending(self) -> Iterator[Event]:
        if self._pending is None:
            return
        changes = live_changes(self.config, self._pending)
        config, self._pending = self._pending, None
        if changes:
            self.config = config
            self._pacing = Pacing(config, len(self.data.train_images))
            self._stepper.configure(config)
            told = {change.path: [change.old, change.new] for change in changes}
            yield SettingsChanged(self.position.step, self.epoch, told)

    def _next_batch(self) -> BatchDone:
        """One step, and the position after it."""
        step, pacing = self.position.step, self._pacing
        after = pacing.after_batch(self.position)
        chosen = self._shuffled.between(self.position, after)
        schedule, total = self.config.schedule, pacing.total_steps(self.position)
        rate = self.config.optimizer.learning_rate * schedule.factor(step, total)
        if probe := pacing.probe_is_due(after):
            self._norms.remember()
        tracked = [array.copy() for array in self.network.tracked.values()]
        result = self._stepper.step(step, chosen, rate, self._state.slots_began)
        self.record.diverged = result.diverged
        if result.diverged:  # the weights were left alone; running means were not
            for array, kept in zip(self.network.tracked.values(), tracked, strict=True):
                array[...] = kept
        else:
            self._state.average.follow(step)
            self.record.count(result.loss, result.correct, len(chosen))
            self.record.tell_probe(self._norms.update_norm() if probe else None)
            self.position = after
        accuracy, epoch_after = result.correct / len(chosen), pacing.epoch(after)
        return BatchDone(after.step, epoch_after, result.loss, accuracy, len(chosen), rate, result.gradient_norm)

    def _look(self) -> Iterator[Event]:
        """What is due after a batch: validation, of all images at the end of an epoch and of some within it; probes.

        The probe is told first, for the end of an epoch moves the position. Whoever goes on in between looks again.
        """
        if self.record.looked:
            return
        ends = self.epoch_is_complete
        due = ends or self._pacing.look_is_due(self.position)
        figures = self._validate(None if ends else LOOK_IMAGES) if due else None
        if not self.record.probed:
            self.record.probed = True
            dead, share = self._evaluator.dead() if due else ({}, math.nan)
            norms = self.record.update_norm, self._norms.weight_norm()
            yield Probed(self.position.step, self.epoch, *norms, dead, share)
        self.record.looked = True
        if figures is not None and ends:
            yield self._end_epoch(figures)
        elif figures is not None:
            yield Validated(self.position.step, self.epoch, figures.loss, figures.accuracy, figures.count)

    def _validate(self, count: int | None = None) -> Figures:
        """Figures for the first `count` validation images, which are in random order by their split."""
        with self._state.average.in_place():
            return self._evaluator.validation(self.config.loss, count)

    def _end_epoch(self, figures: Figures) -> EpochDone:
        """figures: of all validation images."""
        record, epoch = self.record, self.position.epoch + 1
        train_loss, train_accuracy = record.loss_sum / record.seen, record.correct / record.seen
        better = record.end_epoch(epoch, figures.loss, figures.accuracy)
        self.position = Position(self.position.step, epoch, 0)
        if better:
            self.best = self.checkpoint(arrays_only=True)
        return EpochDone(
            self.position.step, float(epoch), train_loss, train_accuracy, figures.loss, figures.accuracy, better
        )

    def _ended(self, reason: str) -> RunEnded:
        """Put the weights in place that the run ends with, and take the figures that count, of these."""
        final = self.position
        if self.config.stopping.keep == "best" and self.best is not None:
            self._state.restore(self.best, slots=False)
        if reason == "diverged":
            self._state.discard_overflow()
        validation = self._validate()
        with self._state.average.in_place():
            test = self._evaluator.test(self.config.loss)
        self.record.test = {"loss": test.loss, "accuracy": test.accuracy} if test.count else {}
        self.record.validation = {"loss": validation.loss, "accuracy": validation.accuracy}
        self.kept = self.checkpoint(arrays_only=True)
        return self.record.ended(final.step, self._pacing.epoch(final), reason)

    def stopped(self) -> RunEnded:
        """The last event of a run that somebody wished to end here, at once: figures are those known already."""
        return self.record.ended(self.position.step, self.epoch, "stopped")

    def close(self) -> None:
        """Let the threads end. A trainer is not used after this."""
        self._crew.close()
