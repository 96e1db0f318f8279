"""Codes that people handed in, verified by training each once more. No streamlit."""

import contextlib
import threading
import time
from dataclasses import dataclass

from dashboard.running.room import NoRoomError
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
from engine.rundir import RunError, RunFolder

MOST_CODES = 60  # at a time: a class
MOST_AT_ONCE = 3  # that train or wait for a core, so that a class's codes do not keep others from theirs
EVERY = 0.3  # seconds between two looks at a run
PATIENCE = 60.0  # seconds within which a worker has ended, or is not waited for


@dataclass
class Check:
    """One code. problem: why it cannot be checked at all; waits: why it is not yet; dropped: nobody asks any more."""

    code: str
    claim: Claim | None = None
    challenge: Challenge | None = None
    run_id: str = ""
    verdict: Verdict | None = None
    problem: str = ""
    waits: str = ""
    dropped: bool = False

    @property
    def done(self) -> bool:
        """Whether there is nothing to wait for."""
        return bool(self.problem) or self.verdict is not None


def begin(text: str, own: list[Challenge], before: list[Check]) -> list[Check]:
    """A check for each code in a text, one a line. Those worth it are to be trained again: `look` begins that.

    own: challenges that the codes may have been made for, besides those that ship. before: the checks that there were;
    of codes that are asked for again they go on, others are given up.
    """
    known = {each.mark: each for each in [*SHIPPED.values(), *own]}
    codes = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[:MOST_CODES]
    kept = {each.code: each for each in before if each.code in codes and not each.problem}
    for each in before:
        each.dropped = each.code not in kept
    return [kept.get(code) or _read(code, known) for code in codes]


def _read(code: str, known: dict[str, Challenge]) -> Check:
    check = Check(code)
    try:
        check.claim = decode_claim(code)
        check.challenge = known.get(check.claim.challenge)
        if check.challenge is None:
            raise ChallengeError("it is for a challenge that this page does not know. Paste that challenge's link too.")
        if refused := refusal(check.challenge, check.claim):
            check.verdict = Verdict("refused", refused)
    except ChallengeError as error:
        check.problem = str(error)
    return check


def look(runs: Runs, checks: list[Check]) -> None:
    """Begin checks in their order, a few at a time, and as long as there is room; others wait. On the page's thread."""
    under_way = sum(1 for each in checks if each.run_id and not each.done)
    for check in checks:
        if under_way >= MOST_AT_ONCE:
            return
        if check.done or check.run_id or check.claim is None or check.challenge is None:
            continue
        try:
            _start(runs, check, check.claim, check.challenge)
        except NoRoomError as error:
            check.waits = str(error)
            return  # nor is there any for the next ones
        except RunError as error:
            check.problem = str(error)
        else:
            under_way += 1


def _start(runs: Runs, check: Check, claim: Claim, challenge: Challenge) -> None:
    about = About(name=f"Check: {claim.name or claim.fingerprint}", note=challenge.name)
    run = runs.start(claim.config, until_step=claim.figures.steps + 1, about=about, planned=claim.planned)
    check.run_id, check.waits = run.id, ""
    threading.Thread(target=_accompany, args=(runs, check, run, claim, challenge), daemon=True).start()


def _accompany(runs: Runs, check: Check, run: RunFolder, claim: Claim, challenge: Challenge) -> None:
    """Judge a run when it is over, then delete it: also when whoever wanted to know has left the page."""
    while not check.done and not check.dropped:
        time.sleep(EVERY)
        try:
            check.verdict = _judged(runs, run, claim, challenge)
        except (ChallengeError, RunError) as error:
            check.problem = str(error)
        except OSError as error:
            check.problem = f"its run cannot be read: {error.strerror}."
    end = time.monotonic() + PATIENCE
    while run.config_file.exists() and time.monotonic() < end:
        with contextlib.suppress(RunError):  # its worker has not ended yet
            if runs.status(run).state != "ended":
                runs.command(run.id, wish="stopped")
            runs.delete(run.id)
            return
        time.sleep(EVERY)


def _judged(runs: Runs, run: RunFolder, claim: Claim, challenge: Challenge) -> Verdict | None:
    """What the run says of the claim; None while it is not over. Raises ChallengeError where it says nothing."""
    if not run.config_file.exists():
        raise ChallengeError("its run was deleted; check it again.")
    if runs.status(run).state == "interrupted":
        raise ChallengeError(runs.failure(run) or "its run was interrupted; check it again.")
    if claim.planned and _plan_is_lost(run):
        raise ChallengeError("the changes that its run was to make were lost with a damaged file; check it again.")
    return verdict(run, challenge, claim)


def _plan_is_lost(run: RunFolder) -> bool:
    """Whether the run cannot have been changed as the claim was. What cannot be read now, its worker mends."""
    try:
        return run.control().plan_lost
    except RunError:
        return False


def share_done(runs: Runs, check: Check) -> float:
    """How far its run is, from 0 to 1."""
    if check.done or check.claim is None:
        return 1.0
    try:
        return min(runs.history(runs.open(check.run_id)).step / max(check.claim.figures.steps, 1), 1.0)
    except RunError:
        return 1.0
