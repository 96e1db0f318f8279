"""The second half of a step: what happens around the optimizer."""

import numpy as np
import pytest

from engine.config import TrainingConfig
from engine.layers import Dense, Flatten
from engine.network import Network
from engine.optimizers import Adam, Momentum, Optimizer
from engine.parallel import ThreadCrew
from engine.updating import SWEEP_STEPS, Updater


def updated(optimizer: Optimizer, slot: float, step: int) -> list[np.ndarray]:
    """The slots, all filled with a number, after an update without any gradient."""
    config = TrainingConfig(layers=(Flatten(), Dense(units=2)), optimizer=optimizer)
    network = Network(config.layers, (2, 2, 1))
    updater = Updater(config, network, ThreadCrew(1))
    for each in updater.slots.values():
        each.fill(slot)
    updater.update(np.zeros_like(network.vector), 0.0, 0.1, step, slice(0, network.trained))
    return list(updater.slots.values())


@pytest.mark.parametrize("optimizer", [Momentum(), Adam()], ids=["Momentum", "Adam"])
def test_what_no_weight_can_feel_is_swept_away_now_and_then(optimizer):
    for step, slot, left in ((SWEEP_STEPS, 1e-33, False), (SWEEP_STEPS - 1, 1e-33, True), (SWEEP_STEPS, 1e-20, True)):
        assert all(bool(each.any()) is left for each in updated(optimizer, slot, step)), (step, slot)
