"""Codes that people handed in, verified by training each once more. No streamlit."""

from dataclasses import dataclass

from dashboard.running.runs import Runs
from engine.about import About
from engine.challenge import (
    SHIPPED,
    Challenge,
    ChallengeError,
    Claim,
    Verdict,
    decode_claim,
    refusal,
    verdict,
)
from engine.rundir import RunError

MOST_CODES = 60  # at a time: a class


@dataclass
class Check:
    """One code. problem: why it cannot be checked at all."""

    code: str
    claim: Claim | None = None
    challenge: Challenge | None = None
    run_id: str = ""
    verdict: Verdict | None = None
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether there is nothing to wait for."""
        return bool(self.problem) or self.verdict is not None


def begin(runs: Runs, text: str, own: list[Challenge]) -> list[Check]:
    """A check for each code in a text, one a line; those worth it are trained again, as many at once as there is room.

    own: challenges that the codes may have been made for, besides those that ship.
    """
    known = {each.mark: each for each in [*SHIPPED.values(), *own]}
    codes = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[:MOST_CODES]
    return [_begun(runs, code, known) for code in codes]


def _begun(runs: Runs, code: str, known: dict[str, Challenge]) -> Check:
    check = Check(code)
    try:
        check.claim = decode_claim(code)
        check.challenge = known.get(check.claim.challenge)
        if check.challenge is None:
            raise ChallengeError("it is for a challenge that this page does not know. Paste that challenge's link too.")
        if refused := refusal(check.challenge, check.claim):
            check.verdict = Verdict("refused", refused)
            return check
        claim = check.claim
        about = About(name=f"Check: {claim.name or claim.fingerprint}", note=check.challenge.name)
        run = runs.start(claim.config, until_step=claim.figures.steps + 1, about=about, planned=claim.planned)
        check.run_id = run.id
    except (ChallengeError, RunError) as error:
        check.problem = str(error)
    return check


def look(runs: Runs, check: Check) -> None:
    """See how far it is. One whose run goes on beyond its end is stopped."""
    if check.done or check.claim is None or check.challenge is None:
        return
    try:
        run = runs.open(check.run_id)
        status = runs.status(run)
        if status.state == "interrupted":
            raise ChallengeError(runs.failure(run) or "its run was interrupted; check it again.")
        check.verdict = verdict(run, check.challenge, check.claim)
        if check.verdict is not None and status.state not in ("ended",):
            runs.command(check.run_id, wish="stopped")
    except (ChallengeError, RunError) as error:
        check.problem = str(error)


def share_done(runs: Runs, check: Check) -> float:
    """How far its run is, from 0 to 1."""
    if check.done or check.claim is None:
        return 1.0
    try:
        return min(runs.history(runs.open(check.run_id)).step / max(check.claim.figures.steps, 1), 1.0)
    except RunError:
        return 1.0
