"""What somebody says their run came to, in a code that carries all that is needed to see for oneself.

claim = claim_of(run, challenge)      # of a run that has come to its end
code = encode_claim(claim)            # a few hundred characters
config, planned = claim.plan()        # a run that must come to the same, if the claim is true
"""

import math
from dataclasses import dataclass
from typing import Any

from engine.challenge.coding import ChallengeError, pack, refuse_files, settings_in, settings_text, unpack
from engine.challenge.rules import Challenge, Figures
from engine.checkpoint import CheckpointError, read_checkpoint
from engine.config import TrainingConfig
from engine.fingerprint import fingerprint
from engine.history import History
from engine.rundir import RunFolder
from engine.spec import SettingError

WHAT = "code"
FINISHED = ("finished", "target", "patience")  # ends that come at the same step again
MOST_CHANGES = 200
MOST_IMAGES = 20_000_000  # that a claim may ask to be trained on: some minutes of a small network

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

    def last_config(self) -> TrainingConfig:
        """The settings that the run ended with."""
        config = self.config
        for _, values in self.planned:
            config = config.with_values(values)
        return config


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
        name[:60],
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
    return f"{versions.get('machine', '?')}, NumPy {versions.get('numpy', '?')}"


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
        data["w"] = claim.name
    return pack(data)


def decode_claim(code: str) -> Claim:
    """What `encode_claim` made; nothing in it is believed yet. Raises ChallengeError for anything else."""
    data = unpack(code, WHAT)
    config = settings_in(data.get("s"), WHAT)
    try:
        validation, test = (None if value is None else float(value) for value in data["a"])
        parameters, epochs, steps, images = data["n"]
        figures = Figures(
            {"validation": validation, "test": test}, int(parameters), float(epochs), int(steps), int(images)
        )
        planned = tuple((int(step), dict(values)) for step, values in data.get("p", []))
        texts = [str(data[name])[:100] for name in ("c", "f", "m")]
        claim = Claim(texts[0], config, planned, figures, texts[1], texts[2], str(data.get("w", ""))[:60])
        claim.last_config()
    except SettingError as error:
        raise ChallengeError(f"this {WHAT} has settings that this page does not know: {error}") from None
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ChallengeError(f"this {WHAT} is incomplete: it was not made by this page.") from None
    sound = 0 <= figures.images <= MOST_IMAGES and 0 <= figures.steps <= MOST_IMAGES and math.isfinite(figures.epochs)
    if len(planned) > MOST_CHANGES or not sound:
        raise ChallengeError(
            f"this {WHAT} asks for {figures.images:,} images and {len(planned):,} changes to be trained again; at most "
            f"{MOST_IMAGES:,} and {MOST_CHANGES} are."
        )
    return claim
