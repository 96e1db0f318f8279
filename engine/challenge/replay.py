"""A claim is verified by doing it again: the same settings, the same changes at the same steps.

Whatever the machine, the repeated run must make the same counts and reach the goal within the budget itself. On the
same kind of machine the bits are the same, so the fingerprint of the weights decides. Elsewhere, sums round otherwise,
and two runs drift apart: then the accuracy must agree within what that does to it.
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
SAME_EPOCHS = 2e-6  # they are sent with six digits
DEVIATIONS = 3.0  # of the accuracy's own standard error, for few images


@dataclass(frozen=True)
class Verdict:
    """kind: "exact" (same bits), "close" (as good, on another kind of machine), "refused". words: why."""

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
        broken = claim.broken_locks(challenge)
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
        words = "The repeated run goes on beyond the step at which it is said to have ended."
        return Verdict("refused", words) if beyond else None
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
    figure, claimed = challenge.goal.figure, claim.figures
    said, came = claimed.accuracy.get(figure), found.accuracy.get(figure)
    counts = (claimed.parameters, claimed.steps, claimed.images)
    if counts != (found.parameters, found.steps, found.images) or abs(claimed.epochs - found.epochs) > SAME_EPOCHS:
        return Verdict("refused", "The repeated run has other counts of parameters, steps or images than it says.")
    if missed := challenge.missed(found):
        return Verdict("refused", f"The repeated run does not meet the challenge. {' '.join(missed)}")
    told = f"{100 * (came or 0.0):.2f} % {figure} accuracy"
    if same_bits:
        if any(_differs(claimed.accuracy.get(name), found.accuracy.get(name)) for name in found.accuracy):
            return Verdict("refused", f"The weights are the same, but their figures are not: it came to {told}.")
        return Verdict("exact", f"The same bits: {told}.")
    if machine == claim.machine:
        return Verdict(
            "refused",
            f"The repeated run came to {told}, but to other weights, though both machines are {machine}. Where their "
            "processors are of different makes, repeat it on the one that it comes from.",
        )
    room = tolerance(came or 0.0, images)
    if said is None or came is None or not abs(said - came) <= room:
        return Verdict("refused", f"The repeated run came to {told}, not to {100 * (said or 0.0):.2f} %.")
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
