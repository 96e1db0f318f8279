"""The second half of a training step: from the gradient to new weights."""

import numpy as np

from engine.arrays import Array
from engine.config import TrainingConfig
from engine.network import Network
from engine.parallel import Crew

# Where a gradient is 0, as for every weight of a dead unit, a velocity shrinks from step to step until it is no
# longer a normal number (below 1e-38), and there it stays, for 0.9 of the smallest number is rounded up to it.
# Processors take a hundred times as long over such numbers: the first coursework's net went from 350 to 900 us a step.
# What is so small that no weight could feel it is therefore set to 0 now and then.
DUST = 1e-30
SWEEP_STEPS = 64


class Updater:
    """Owns the optimizer's slots; changes the network's vector, or one stretch of it for each hand."""

    def __init__(self, config: TrainingConfig, network: Network, crew: Crew) -> None:
        self._config = config
        self._network = network
        self._work = np.empty(network.trained, network.dtype)
        self.slots: dict[str, Array] = {
            name: crew.empty(network.vector.shape, network.dtype) for name in config.optimizer.slot_names
        }

    def configure(self, config: TrainingConfig, first: bool) -> None:
        """Take over live settings from the next step on; the optimizer's kind is none of them.

        first: this is the first of the hands, which changes for all of them what all of them see.
        """
        if first:
            config.optimizer.take_over(self._config.optimizer, self.slots)
        self._config = config

    @property
    def clip_norm(self) -> float:
        """Longest gradient that is taken as it is; 0: any."""
        return self._config.clip_norm

    def update(self, gradient: Array, norm: float, rate: float, step: int, stretch: slice) -> None:
        """Clip, add penalties, let the optimizer act on one stretch of the vector.

        gradient is the stretch's own and may be overwritten; norm is the whole gradient's. step counts from 1 since the
        slots began, at 0.
        """
        config, optimizer = self._config, self._config.optimizer
        p, work = self._network.vector[stretch], self._work[stretch]
        decayed = max(0, min(self._network.decayed - stretch.start, len(p)))  # weights come first
        weights, decay_work = p[:decayed], work[:decayed]
        if config.clip_norm and norm > config.clip_norm:
            gradient *= config.clip_norm / norm
        if config.penalty.l2:
            gradient[:decayed] += np.multiply(weights, config.penalty.l2, out=decay_work)
        if config.penalty.l1:
            signs = np.sign(weights, out=decay_work)
            signs *= config.penalty.l1
            gradient[:decayed] += signs
        decoupled = config.penalty.decoupled + optimizer.decoupled_decay
        if decoupled:
            weights *= 1 - rate * decoupled
        slots = {name: slot[stretch] for name, slot in self.slots.items()}
        optimizer.update(p, gradient, slots, rate, step, work)
        if step % SWEEP_STEPS == 0:
            for slot in slots.values():
                slot[np.abs(slot, out=work) < DUST] = 0

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return self._work.nbytes + sum(slot.nbytes for slot in self.slots.values())
