"""What somebody says their run came to, in a code that carries all that is needed to see for oneself.

claim = claim_of(run, challenge)      # of a run that has come to its end
code = encode_claim(claim)            # a few hundred characters
config, planned = claim.plan()        # a run that must come to the same, if the claim is true
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.challenge.coding import ChallengeError, pack, refuse_files, settings_in, settings_text, unpack
from engine.challenge.rules import Challenge, Figures
from engine.checkpoint import CheckpointError, read_checkpoint
from engine.config import TrainingConfig, check_network, live_changes
from engine.datasets import facts
from engine.fingerprint import fingerprint
from engine.history import History
from engine.layers import ShapeError
from engine.problems import printable
from engine.rundir import RunFolder
from engine.spec import SettingError

WHAT = "code"
FINISHED = ("finished", "target", "patience")  # ends that come at the same step again
MOST_CHANGES = 200
MOST_IMAGES = 20_000_000  # that a claim may ask to be trained on: some minutes of a small network
LONGEST_NAME, LONGEST_WORD = 60, 100  # characters: of who claims it, of a machine

Planned = tuple[tuple[int, dict[str, Any]], ...]


@dataclass(frozen=True)
class Claim:
    """config: as the run began. planned: live changes, (step, {path: value}). machine: what its bits depend on."""

    challenge: str  # Challenge.mark
    config: TrainingConfig
    planned: Planned
    figures: Figures
    fingerprint: str
    machine: str
    name: str = ""  # who claims it

    def configs(self) -> Iterator[TrainingConfig]:
        """The settings that the run began with, and those after each change."""
        config = self.config
        yield config
        for _, values in self.planned:
            config = config.with_values(values)
            yield config

    def broken_locks(self, challenge: Challenge) -> list[str]:
        """What the challenge fixes and the run had otherwise at any time. Raises SettingError."""
        return list(dict.fromkeys(path for config in self.configs() for path in challenge.broken_locks(config)))


def claim_of(run: RunFolder, challenge: Challenge, name: str = "") -> Claim:
    """What a finished run came to. Raises ChallengeError, which says why it cannot be claimed."""
    history = History(run.events_file)
    history.update()
    reason = (history.ended or {}).get("reason")
    if reason not in FINISHED:
        raise ChallengeError(
            f"the run has not come to its own end ({reason or 'it is not over'}). Let it train all its epochs; "
            "set fewer of them if they are too many."
        )
    if any(change.parent for change in history.changes):
        raise ChallengeError("the run goes on from another one. Train the same settings from the beginning.")
    try:
        saved = read_checkpoint(run.final)
    except CheckpointError as error:
        raise ChallengeError(f"the weights of the run cannot be read: {error}") from None
    config = run.config()
    refuse_files(config, "run")
    planned = tuple((each.step, {path: pair[1] for path, pair in each.changes.items()}) for each in history.changes)
    if len(planned) > MOST_CHANGES:
        raise ChallengeError(f"the run was changed {len(planned):,} times; at most {MOST_CHANGES} are sent.")
    return Claim(
        challenge.mark,
        config.with_values({"parts": saved.parts}),
        planned,
        figures_of(history),
        fingerprint(saved),
        machine_of(saved.versions),
        name,
    )


def figures_of(history: History) -> Figures:
    """Of a run that has ended."""
    started, ended = history.started or {}, history.ended or {}
    accuracy = {name: ended.get(f"{name}_accuracy") for name in ("validation", "test")}
    step, epoch = int(ended.get("step", history.step)), float(ended.get("epoch", history.epoch))
    images = round(epoch * int(started.get("train_images", 0)))
    return Figures(accuracy, int(started.get("parameters", 0)), round(epoch, 6), step, images)


def machine_of(versions: dict[str, str]) -> str:
    """On what machines a run's bits are expected to be the same."""
    return printable(f"{versions.get('machine', '?')}, NumPy {versions.get('numpy', '?')}", LONGEST_WORD)


def encode_claim(claim: Claim) -> str:
    """The code. Raises ChallengeError where it is too long."""
    figures = claim.figures
    data: dict[str, Any] = {
        "c": claim.challenge,
        "s": settings_text(claim.config),
        "a": [figures.accuracy.get("validation"), figures.accuracy.get("test")],
        "n": [figures.parameters, figures.epochs, figures.steps, figures.images],
        "f": claim.fingerprint,
        "m": claim.machine,
    }
    if claim.planned:
        data["p"] = [[step, values] for step, values in claim.planned]
    if claim.name:
        data["w"] = printable(claim.name, LONGEST_NAME)
    return pack(data)


def decode_claim(code: str) -> Claim:
    """What `encode_claim` made; nothing in it is believed yet. Raises ChallengeError for anything else."""
    data = unpack(code, WHAT)
    config = settings_in(data.get("s"), WHAT)
    try:
        figures = _figures(data["a"], data["n"])
        planned = tuple((_whole(step), dict(values)) for step, values in data.get("p", []))
        mark, digits, machine = (_word(data[name], LONGEST_WORD) for name in ("c", "f", "m"))
        name = _word(data.get("w", ""), LONGEST_NAME)
    except (KeyError, TypeError, ValueError):
        raise ChallengeError(f"this {WHAT} is incomplete: it was not made by this page.") from None
    if max(figures.images, figures.steps, figures.epochs) > MOST_IMAGES or len(planned) > MOST_CHANGES:
        raise ChallengeError(
            f"this {WHAT} asks for {figures.images:,} images and {len(planned):,} changes to be trained again; at most "
            f"{MOST_IMAGES:,} and {MOST_CHANGES} are."
        )
    claim = Claim(mark, config, planned, figures, digits, machine, name)
    _check_plan(claim)
    return claim


def _figures(accuracies: Any, counts: Any) -> Figures:
    """Raises TypeError or ValueError for what no run comes to."""
    validation, test = (_share(each) for each in accuracies)
    parameters, epochs, steps, images = counts
    if isinstance(epochs, bool) or not isinstance(epochs, int | float) or not epochs >= 0:
        raise ValueError
    return Figures({"validation": validation, "test": test}, _whole(parameters), epochs, _whole(steps), _whole(images))


def _share(value: Any) -> float | None:
    """An accuracy, from 0 to 1; None where it was not measured. NaN is neither, and any comparison with it fails."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError
    return float(value)


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _word(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise TypeError
    return printable(value, longest)


def _check_plan(claim: Claim) -> None:
    """Raise ChallengeError for changes that no run can have made: out of order, after its end, of fixed settings."""
    steps = [0, *(step for step, _ in claim.planned), claim.figures.steps]
    if steps != sorted(steps):
        raise ChallengeError(
            f"this {WHAT} changes settings at steps that are not in order, or after its run had ended."
        )
    try:
        known, configs = facts(claim.config.data.source), list(claim.configs())
        for before, after in pairwise(configs):
            live_changes(before, after)
        for config in configs:
            check_network(config, known.image_shape, known.classes)
    except (SettingError, ShapeError) as error:
        raise ChallengeError(f"this {WHAT} has settings that cannot be trained here: {error}") from None
