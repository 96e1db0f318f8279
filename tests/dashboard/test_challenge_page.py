"""Challenges on the page: begun by a link, locked, diagnosed, met, and verified."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.learning import banner
from dashboard.sharing import address
from engine.challenge import FAULTS, SHIPPED, Budget, Challenge, Goal, claim_of, encode_challenge, encode_claim
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.link import encode
from engine.rundir import RunFolder
from tests.dashboard.shown import checked, markdown, said

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
TINY = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=300, validation_images=100, label_noise=0.2),
    layers=(Flatten(), Dense(units=10)),
    batch_size=20,
    epochs=2,
)
EASY = Challenge(
    name="Quick",
    text="Be *quick*.",
    start=TINY,
    goal=Goal(accuracy=0.2),
    budget=Budget(epochs=3, parameters=3000),
    locked=("optimizer", "layers"),
)
MYSTERY = Challenge(
    name="Riddle",
    start=TINY,
    goal=Goal(accuracy=0.2),
    locked=("epochs",),
    hidden=("data",),
    fault="labels",
)


def opened(challenge: str, page: str = "") -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["challenge"] = challenge
    return checked(at.run())


def optimizer(at: AppTest):
    return next(each for each in at.selectbox if each.label.endswith("Optimizer"))


def trained(at: AppTest) -> RunFolder:
    """Press Train, and wait for the end."""
    next(button for button in at.button if (button.key or "").startswith("main-")).click()
    checked(at.run())
    run = session.runs().open(at.session_state["shown"].run_id)
    end = time.monotonic() + 30
    while session.runs().status(run).state != "ended":
        assert time.monotonic() < end
        time.sleep(0.1)
    checked(at.run())
    return run


def test_a_link_puts_its_settings_and_locks_on_the_page(root):
    at = opened(encode_challenge(EASY))
    assert at.session_state["draft"].config == TINY
    assert "Be \\*quick\\*" in markdown(at)
    assert optimizer(at).disabled
    assert "at most 3,000" in said(at)


def test_leaving_a_challenge_frees_the_settings_and_the_address(root):
    at = opened(encode_challenge(EASY))
    at.button(key="challenge-leave").click()
    checked(at.run())
    assert not optimizer(at).disabled
    assert "challenge" not in at.query_params
    assert at.session_state["draft"].config == TINY


@pytest.mark.parametrize("text", ["1.AAAA", "<script>alert(1)</script>", "../../etc/passwd", "x" * 20_000])
def test_a_bad_link_says_so_and_leaves_the_page_as_it_was(root, text):
    at = opened(text)
    assert "challenge cannot be begun" in said(at)
    assert at.session_state["draft"].config == TrainingConfig()


def test_a_challenge_that_is_met_gives_a_code_that_verifies(root):
    at = opened(encode_challenge(EASY))
    run = trained(at)
    assert "Met." in said(at)
    code = at.code[0].value
    assert code == encode_claim(claim_of(run, EASY))
    teacher = AppTest.from_function(_teacher)
    teacher.session_state["codes"] = f"{code}\nnonsense\n{code[:-8]}AAAAAAAA"
    teacher.session_state["codes-challenge"] = f"http://host/?challenge={encode_challenge(EASY)}"
    checked(teacher.run())
    teacher.button(key="verify").click()
    checked(teacher.run(timeout=30))
    end = time.monotonic() + 30
    while "True, bit by bit" not in said(teacher):
        assert time.monotonic() < end, said(teacher)
        time.sleep(0.2)
        checked(teacher.run())
    assert said(teacher).count("Cannot be checked") == 2


def _teacher():
    from dashboard.learning import teaching

    teaching.render_checks()


def test_a_run_that_breaks_a_lock_gets_no_code(root):
    at = opened(encode_challenge(EASY))
    at.session_state["draft"].put("optimizer.learning_rate", 0.05)
    trained(at)
    assert "changed what the challenge fixes: optimizer" in said(at)
    assert not at.code


def test_a_mystery_hides_its_fault_until_it_is_named(root):
    at = opened(encode_challenge(MYSTERY))
    assert "Train it first" in said(at)
    assert not [each for each in at.select_slider if each.label == "Training images"]
    trained(at)
    assert "The diagnosis is yours" in said(at)
    assert not at.code
    guess(at, "rate")
    assert "Not “The learning rate is far too high”" in said(at)
    guess(at, "labels")
    assert "Found" in said(at)
    assert "guess 2" in said(at)
    at.button(key="challenge-mend").click()
    checked(at.run())
    assert at.session_state["draft"].config.data.label_noise == 0
    assert "The diagnosis is yours" not in said(at)


def guess(at: AppTest, name: str) -> None:
    box = next(each for each in at.selectbox if (each.key or "").startswith("guess-"))
    box.select(FAULTS[name].name)
    checked(at.run())
    at.button(key="challenge-say").click()
    checked(at.run())


def test_a_shipped_challenge_is_begun_by_its_name(root):
    at = opened("mystery-3")
    assert at.session_state["draft"].config == SHIPPED["mystery-3"].start


def test_starting_over_brings_the_beginning_back(root):
    at = opened("small")
    at.session_state["draft"].put("seed", 77)
    checked(at.run())
    at.button(key="challenge-again").click()
    checked(at.run())
    assert at.session_state["draft"].config == SHIPPED["small"].start


def test_a_bad_link_leaves_the_challenge_that_is_on_and_its_locks(root):
    at = opened(encode_challenge(EASY))
    at.query_params["challenge"] = "1.AAAA"
    checked(at.run())
    assert "challenge cannot be begun" in said(at)
    assert at.session_state["playing"].challenge == EASY
    assert at.query_params["challenge"] in (encode_challenge(EASY), [encode_challenge(EASY)])
    assert optimizer(at).disabled
    at.button(key="challenge-leave").click()
    checked(at.run())
    assert not optimizer(at).disabled
    assert "challenge cannot be begun" not in said(at)


def test_leaving_a_challenge_leaves_the_locks_of_the_link_that_the_tab_was_opened_with(root):
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["lock"] = "epochs"
    at.query_params["challenge"] = encode_challenge(EASY)
    checked(at.run())
    assert at.session_state["locks"].locked == {"optimizer", "layers"}
    at.button(key="challenge-leave").click()
    checked(at.run())
    assert at.session_state["locks"].locked == {"epochs"}


def test_a_reload_keeps_the_settings_that_were_made_in_a_challenge(root):
    mine = TINY.with_values({"batch_size": 40})
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["s"] = encode(mine)
    at.query_params["challenge"] = encode_challenge(EASY)
    checked(at.run())
    assert at.session_state["draft"].config == mine
    assert at.session_state["playing"].challenge == EASY
    assert optimizer(at).disabled


def test_a_reload_keeps_the_run_and_the_guesses(root):
    at = opened(encode_challenge(MYSTERY))
    run = trained(at)
    guess(at, "rate")
    kept = {name: at.query_params[name] for name in at.query_params}
    again = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in kept.items():
        again.query_params[name] = value
    checked(again.run())
    assert again.session_state["shown"].run_id == run.id
    assert again.session_state["playing"].guesses == ["rate"]
    assert "Not “The learning rate is far too high”" in said(again)
    again.button(key="challenge-leave").click()
    checked(again.run())
    assert "guessed" not in again.query_params


def test_guesses_in_an_address_that_make_no_sense_are_left_out(root):
    at = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in {"s": encode(TINY), "challenge": encode_challenge(MYSTERY), "guessed": "rate,<b>,rate,"}.items():
        at.query_params[name] = value
    checked(at.run())
    assert at.session_state["playing"].guesses == ["rate"]


def test_what_a_run_came_to_is_worked_out_once(root, monkeypatch):
    worked_out = []

    def counted(run, challenge, name=""):
        worked_out.append(run.id)
        return claim_of(run, challenge, name)

    monkeypatch.setattr(banner, "claim_of", counted)
    at = opened(encode_challenge(EASY))
    run = trained(at)
    checked(at.run())
    at.text_input(key="challenge-name").input("Ada")
    checked(at.run())
    assert worked_out == [run.id]
    assert at.code[0].value == encode_claim(claim_of(run, EASY, "Ada"))


def test_the_link_of_a_new_challenge_leads_to_the_first_page_wherever_that_is(root, monkeypatch):
    monkeypatch.setattr(address, "base", lambda: "https://host/learn/digits/")
    at = checked(AppTest.from_function(_maker, default_timeout=30).run())
    assert at.code[0].value.startswith("https://host/learn/digits/?challenge=")


def _maker():
    from dashboard.learning import teaching

    teaching.render_maker()
