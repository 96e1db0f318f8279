"""How good a trained network is, beyond one number: on which images, under what, how sure, and against another one.

All of it works on predictions, so it holds for every network that the engine can build. What takes long calls `tell`
with the share that is done, from 0 to 1; an exception that it raises ends the work.
"""

from engine.judging.images import Held, held_images, held_split, unseen
from engine.judging.pairing import Agreement, Difference, agreement, differences, mcnemar
from engine.judging.predicting import Tell, predict
from engine.judging.robustness import DISTURBANCES, Disturbance, Robustness, robustness, sample, training_changes

__all__ = [
    "DISTURBANCES",
    "Agreement",
    "Difference",
    "Disturbance",
    "Held",
    "Robustness",
    "Tell",
    "agreement",
    "differences",
    "held_images",
    "held_split",
    "mcnemar",
    "predict",
    "robustness",
    "sample",
    "training_changes",
    "unseen",
]
