"""A challenge: a goal, a budget, settings to begin with, and which of them are fixed.

challenge = decode_challenge(text)          # text: one link's worth, from anybody
missed = challenge.missed(claim)            # what of it a run does not meet, in sentences
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.challenge.coding import ChallengeError, pack, refuse_files, settings_in, settings_text, unpack
from engine.config import TrainingConfig
from engine.spec import SettingError, Settings, option

LONGEST_NAME, LONGEST_TEXT, MOST_NAMES = 80, 1200, 40
WHAT = "challenge"


@dataclass(frozen=True)
class Goal(Settings):
    """What is to be reached."""

    figure: str = option("validation", "images that it is measured on", choices=("validation", "test"))
    accuracy: float = option(0.97, "share of them that must be read correctly", low=0.01, high=1.0)


@dataclass(frozen=True)
class Budget(Settings):
    """What it may cost; 0: any amount. All of it can be counted again when a run is repeated, which seconds cannot."""

    parameters: int = option(0, "most parameters of the network", low=0, high=20_000_000)
    epochs: float = option(0.0, "most passes over the training images", low=0.0, high=10_000.0)
    steps: int = option(0, "most steps", low=0, high=10**9)
    images: int = option(0, "most training images that are seen, each as often as it was", low=0, high=10**9)


@dataclass(frozen=True)
class Figures:
    """What a run came to, as far as a challenge asks. accuracy: by the name of the images, None where unknown."""

    accuracy: dict[str, float | None]
    parameters: int
    epochs: float
    steps: int
    images: int


@dataclass(frozen=True)
class Challenge(Settings):
    """fault: the name of the hidden fault that is to be found (see faults.py); "": none is."""

    name: str = option("", "what it is called")
    text: str = option("", "what it asks for")
    start: TrainingConfig = option(TrainingConfig(), "settings to begin with")
    goal: Goal = option(Goal(), "what is to be reached")
    budget: Budget = option(Budget(), "what it may cost")
    locked: tuple[str, ...] = option((), "settings that stay as they are")
    hidden: tuple[str, ...] = option((), "settings that do not even show")
    fault: str = option("", "hidden fault")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, text, most in (("name", self.name, LONGEST_NAME), ("text", self.text, LONGEST_TEXT)):
            if len(text) > most:
                raise SettingError(name, f"expected at most {most} characters; got {len(text):,}")
        if len(self.locked) > MOST_NAMES or len(self.hidden) > MOST_NAMES:
            raise SettingError("locked", f"expected at most {MOST_NAMES} names")

    def missed(self, figures: Figures) -> list[str]:
        """What of goal and budget is not met, a sentence each; none: all is."""
        return [*self._over_budget(figures), *self._below_goal(figures)]

    def _over_budget(self, figures: Figures) -> Iterator[str]:
        budget = self.budget
        if 0 < budget.parameters < figures.parameters:
            yield f"It has {figures.parameters:,} parameters; at most {budget.parameters:,} are allowed."
        if 0 < budget.epochs < figures.epochs - 1e-9:
            yield f"It trained for {figures.epochs:g} epochs; at most {budget.epochs:g} are allowed."
        if 0 < budget.steps < figures.steps:
            yield f"It made {figures.steps:,} steps; at most {budget.steps:,} are allowed."
        if 0 < budget.images < figures.images:
            yield f"It saw {figures.images:,} images; at most {budget.images:,} are allowed."

    def _below_goal(self, figures: Figures) -> Iterator[str]:
        found = figures.accuracy.get(self.goal.figure)
        if found is None:
            yield f"Its {self.goal.figure} accuracy is not known: let the run come to its own end."
        elif found < self.goal.accuracy:
            wanted = 100 * self.goal.accuracy
            yield f"Its {self.goal.figure} accuracy is {100 * found:.2f} %; {wanted:g} % are asked for."

    def broken_locks(self, config: TrainingConfig) -> list[str]:
        """Paths of fixed settings that differ from those of the start.

        What is hidden is fixed as well, but for a fault that is to be mended. What the other settings have no place
        for, such as the momentum of an optimizer without, is not broken.
        """
        fixed = self.locked if self.fault else (*self.locked, *self.hidden)
        before, after = self.start.to_json(), config.to_json()
        pairs = ((path, value_at(before, path), value_at(after, path)) for path in fixed)
        return [path for path, old, new in pairs if old is not _NOWHERE and new is not _NOWHERE and old != new]

    @property
    def mark(self) -> str:
        """Eight hexadecimal digits that tell it from other challenges, whatever text it is sent with."""
        return f"{zlib.crc32(encode_challenge(replace(self, name='', text='')).encode()):08x}"


_NOWHERE = object()


def value_at(data: Any, path: str) -> Any:
    """A setting in JSON form by its path."""
    for part in path.split("."):
        if not isinstance(data, dict) or part not in data:
            return _NOWHERE
        data = data[part]
    return data


def encode_challenge(challenge: Challenge) -> str:
    """One link's worth of text. Raises ChallengeError where it depends on files, or is too long."""
    refuse_files(challenge.start, WHAT)
    plain = Challenge().to_json()
    data = {name: value for name, value in challenge.to_json().items() if value != plain[name]}
    return pack(data | {"start": settings_text(challenge.start)})


def decode_challenge(text: str) -> Challenge:
    """What `encode_challenge` made. Raises ChallengeError for anything else."""
    data = unpack(text, WHAT)
    start = settings_in(data.pop("start", None), WHAT)
    try:
        return replace(Challenge.from_json(data), start=start)
    except SettingError as error:
        raise ChallengeError(f"this {WHAT} cannot be used: {error}") from None
