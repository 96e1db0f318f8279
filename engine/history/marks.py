"""Single points on a run's way that are told beside its curves."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Best:
    """The epoch with the best validation accuracy so far."""

    number: int  # as people count, from 1
    step: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class LiveChange:
    """Settings that were changed while training. changes: path -> [old, new].

    parent: the run that this one went on from here, under these other settings; "" for a change in the same run.
    A fork may change what is not live, and may change nothing.
    """

    step: int
    epoch: float
    changes: dict[str, list[Any]]
    parent: str = ""
