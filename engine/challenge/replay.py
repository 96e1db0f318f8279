"""A claim is verified by doing it again: the same settings, the same changes at the same steps.

On the same kind of machine the bits are the same, so the fingerprint of the weights decides. Elsewhere, sums round
otherwise, and two runs drift apart: then the figures must agree within what that does to them.
"""

import math
from dataclasses import dataclass

from engine.challenge.claim import FINISHED, Claim, figures_of, machine_of
from engine.challenge.coding import ChallengeError
from engine.challenge.rules import Challenge, Figures
from engine.checkpoint import CheckpointError, read_checkpoint
from engine.fingerprint import fingerprint
from engine.history import History
from engine.rundir import RunFolder
from engine.spec import SettingError

LEAST_TOLERANCE = 0.01  # of an accuracy: what rounding was seen to do to small networks
DEVIATIONS = 3.0  # of the accuracy's own standard error, for few images


@dataclass(frozen=True)
class Verdict:
    """kind: "exact" (same bits), "close" (same within tolerance, on another machine), "refused". words: why."""

    kind: str
    words: str

    @property
    def holds(self) -> bool:
        """Whether the claim was found true."""
        return self.kind != "refused"


def refusal(challenge: Challenge, claim: Claim) -> str:
    """Why a claim fails before anything is trained; "" if it is worth repeating."""
    if claim.challenge != challenge.mark:
        return "The code was made for another challenge."
    try:
        broken = challenge.broken_locks(claim.config) or challenge.broken_locks(claim.last_config())
    except SettingError as error:
        return f"Its settings do not fit together: {error}"
    if broken:
        return f"It changed what is locked: {', '.join(broken)}."
    return " ".join(challenge.missed(claim.figures))


def verdict(run: RunFolder, challenge: Challenge, claim: Claim) -> Verdict | None:
    """What the repeated run says of the claim; None while it is not over. Raises ChallengeError where it failed."""
    history = History(run.events_file)
    history.update()
    if history.ended is None:
        beyond = history.step > claim.figures.steps
        return (
            Verdict("refused", "The repeated run goes on beyond the step at which it is said to have ended.")
            if (beyond)
            else None
        )
    if history.ended["reason"] not in FINISHED:
        if history.ended["reason"] == "diverged":
            return Verdict("refused", "The repeated run diverged: its loss became infinite.")
        raise ChallengeError(f"the repeated run did not come to its end ({history.ended['reason']}); start it again.")
    try:
        saved = read_checkpoint(run.final)
    except CheckpointError as error:
        raise ChallengeError(f"the weights of the repeated run cannot be read: {error}") from None
    figures, same = figures_of(history), fingerprint(saved) == claim.fingerprint
    images = int((history.started or {}).get(f"{challenge.goal.figure}_images", 0))
    return _compared(challenge, claim, figures, same, machine_of(saved.versions), images)


def _compared(
    challenge: Challenge, claim: Claim, found: Figures, same_bits: bool, machine: str, images: int
) -> Verdict:
    """found, same_bits, machine: of the repeated run. images: how many the accuracy was measured on."""
    missed = challenge.missed(found)
    figure = challenge.goal.figure
    said, came = claim.figures.accuracy.get(figure) or 0.0, found.accuracy.get(figure) or 0.0
    told = f"{100 * came:.2f} % {figure} accuracy"
    counts_agree = (found.parameters, found.steps, found.images) == (
        claim.figures.parameters,
        claim.figures.steps,
        claim.figures.images,
    )
    if not counts_agree:
        return Verdict("refused", "The repeated run has other counts of parameters, steps or images than it says.")
    if same_bits:
        if any(_differs(claim.figures.accuracy.get(name), found.accuracy.get(name)) for name in found.accuracy):
            return Verdict("refused", f"The weights are the same, but their figures are not: it came to {told}.")
        return Verdict("refused", " ".join(missed)) if missed else Verdict("exact", f"The same bits: {told}.")
    room = tolerance(came, images)
    if abs(said - came) > room:
        return Verdict("refused", f"The repeated run came to {told}, not to {100 * said:.2f} %.")
    if machine == claim.machine:
        return Verdict(
            "close",
            f"The repeated run came to {told}, within {100 * room:.1f} points, but not to the same bits, though both "
            f"machines are {machine}. Processors of one kind can differ; look at it again if that is yours.",
        )
    return Verdict(
        "close",
        f"The repeated run came to {told}, within {100 * room:.1f} points of what was said. The bits cannot be "
        f"compared: it was trained on {claim.machine}, this is {machine}.",
    )


def tolerance(accuracy: float, images: int) -> float:
    """How far two machines' accuracies may lie apart: three standard errors of it, and a point at the least."""
    error = math.sqrt(max(accuracy * (1 - accuracy), 0.0) / images) if images else 1.0
    return max(LEAST_TOLERANCE, DEVIATIONS * error)


def _differs(said: float | None, found: float | None) -> bool:
    return (said is None) != (found is None) or (said is not None and found is not None and abs(said - found) > 1e-9)
