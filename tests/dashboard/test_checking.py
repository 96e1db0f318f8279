"""A class's codes are verified a few at a time, whoever looks on; nothing is left of the runs that it took."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.learning import checking
from dashboard.learning.checking import Check
from dashboard.running.ownership import Everybody
from dashboard.running.runs import Runs
from engine.challenge import Challenge, ChallengeError, Claim, Goal, claim_of, encode_claim
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import Control, RunFolder
from engine.rundir import runs as run_folders
from engine.worker import main as worker
from tests.waiting import wait

TINY = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=100, validation_images=50),
    layers=(Flatten(), Dense(units=10)),
    batch_size=20,
    epochs=1,
)
EASY = Challenge(name="Quick", start=TINY, goal=Goal(accuracy=0.01))


class Teacher(Everybody):
    """Somebody whose runs are counted."""

    def owner(self) -> str:
        return "a" * 32


@pytest.fixture(scope="module")
def claim(tmp_path_factory: pytest.TempPathFactory) -> Claim:
    run = RunFolder.create(tmp_path_factory.mktemp("class"), TINY, "claimed")
    assert worker([str(run.path)]) == 0
    return claim_of(run, EASY)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path, most=1, visitor=Teacher())
    yield made
    made.close()


def codes(claim: Claim, count: int) -> str:
    return "\n".join(encode_claim(replace(claim, name=f"pupil {number}")) for number in range(count))


def verify(runs: Runs, checks: list[Check]) -> None:
    """Look until all are done, as a page does."""

    def done() -> bool:
        checking.look(runs, checks)
        return all(each.done for each in checks)

    wait(done, seconds=60)


def test_more_codes_than_one_may_have_runs_are_all_verified(
    runs: Runs, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_RUNS_EACH", "2")
    checks = checking.begin(codes(claim, 4), [EASY], [])
    verify(runs, checks)
    assert [each.verdict.kind if each.verdict else each.problem for each in checks] == ["exact"] * 4
    wait(lambda: run_folders(runs.root) == [], seconds=60)


def test_without_a_limit_there_are_a_few_at_once(runs: Runs, claim: Claim) -> None:
    checks = checking.begin(codes(claim, 5), [EASY], [])
    checking.look(runs, checks)
    checking.look(runs, checks)
    assert sum(1 for each in checks if each.run_id) == checking.MOST_AT_ONCE
    checking.begin("", [], checks)
    wait(lambda: run_folders(runs.root) == [], seconds=60)


def test_where_there_is_no_room_a_check_waits_and_says_why(
    runs: Runs, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_RUNS_BYTES", "1K")
    (check,) = checks = checking.begin(codes(claim, 1), [EASY], [])
    checking.look(runs, checks)
    assert not check.done
    assert "limit INKLING_RUNS_BYTES" in check.waits
    monkeypatch.delenv("INKLING_RUNS_BYTES")
    verify(runs, checks)
    assert check.verdict is not None
    assert check.verdict.kind == "exact"


def test_nothing_stays_of_a_run_that_goes_on_beyond_its_claim_though_nobody_looks(runs: Runs, claim: Claim) -> None:
    false = replace(claim, figures=replace(claim.figures, steps=claim.figures.steps - 3))
    (check,) = checks = checking.begin(codes(false, 1), [EASY], [])
    checking.look(runs, checks)  # and then the page is closed
    wait(lambda: run_folders(runs.root) == [] and not runs._workers.at_work(), seconds=60)
    assert check.verdict is not None
    assert not check.verdict.holds


def test_codes_that_are_no_longer_asked_for_are_given_up_and_others_go_on(runs: Runs, claim: Claim) -> None:
    slow = replace(claim, config=replace(TINY, epochs=2000))
    before = checking.begin(f"{encode_claim(slow)}\n{codes(claim, 1)}", [EASY], [])
    checking.look(runs, before)
    checks = checking.begin(f"{codes(claim, 1)}\nnonsense", [EASY], before)
    assert checks[0] is before[1]
    assert checks[1].problem
    verify(runs, checks)
    wait(lambda: run_folders(runs.root) == [], seconds=60)
    assert before[0].verdict is None


def test_a_run_that_lost_its_plan_refuses_nobody(runs: Runs, claim: Claim) -> None:
    run = RunFolder.create(runs.root, TINY, fill=lambda run: run.write_control(Control(plan_lost=True)))
    assert worker([str(run.path)]) == 0
    changed = replace(claim, planned=((2, {"optimizer.learning_rate": 0.1}),))
    with pytest.raises(ChallengeError, match="lost with a damaged file; check it again"):
        checking._judged(runs, run, changed, EASY)
    verdict = checking._judged(runs, run, claim, EASY)  # of what was never changed the run says all
    assert verdict is not None
    assert verdict.kind == "exact"
