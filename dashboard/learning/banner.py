"""On the Train page while a challenge is on: what it asks for, how far it is met, the diagnosis, and the code."""

from dataclasses import dataclass, replace
from html import escape

import streamlit as st

from dashboard import session
from dashboard.language import say, translated
from dashboard.learning import playing
from dashboard.markdown import literal
from dashboard.running.jobs import stamp
from engine.challenge import FAULTS, Challenge, ChallengeError, Claim, Figures, claim_of, encode_claim
from engine.challenge.claim import figures_of
from engine.datasets import DataError, facts
from engine.history import History
from engine.layers import ShapeError
from engine.rundir import RunFolder

LONGEST_CLAIMANT = 60  # characters of a name

Row = tuple[str, str, str, bool | None]  # what, what is asked for, what it came to, whether it is met

STYLE = """<style>
.ink-goals { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 0.4rem 0.8rem; }
.ink-goal { font-size: 0.88rem; padding: 0.3rem 0.6rem; border-radius: 0.4rem; font-variant-numeric: tabular-nums;
  background: color-mix(in srgb, currentColor 5%, transparent); border-left: 3px solid transparent; }
.ink-goal b { display: block; font-weight: 600; }
.ink-goal small { opacity: 0.7; }
.ink-goal.met { border-left-color: #009e73; } .ink-goal.missed { border-left-color: #d5482f; }
</style>"""


@dataclass
class Claimed:
    """What the run on show came to. key: the challenge, and the file of weights as it was."""

    key: tuple[object, ...] = ()
    claim: Claim | None = None


def render(run: RunFolder | None) -> None:
    """One container that stays where it is, empty while no challenge is on."""
    now = playing.playing()
    with st.container(key="challenge"):
        if now.problem:
            st.error(literal(say("The link's challenge cannot be begun: {problem}", problem=now.problem)))
        if now.challenge is None:
            return
        with st.container(border=True, gap="xsmall"):
            _head(now.challenge)
            history = session.runs().history(run) if run else None
            _goals(now.challenge, history)
            if now.challenge.fault:
                _diagnosis(now.challenge, history)
            if run is not None and history is not None and history.ended is not None and now.found:
                _result(now.challenge, run, history)


def _head(challenge: Challenge) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="challenge-head", gap="small"):
        name = challenge.name or "Challenge"
        st.markdown(f"**:material/flag: {literal(translated(name))}**", width="stretch")
        st.button(say("Start over"), key="challenge-again", type="tertiary", on_click=playing.start_over)
        st.button(say("Leave the challenge"), key="challenge-leave", type="tertiary", on_click=playing.leave)
    if challenge.text:
        st.markdown(literal(translated(challenge.text)))


def _goals(challenge: Challenge, history: History | None) -> None:
    """What is asked for, beside what the shown run came to; before there is one, what the sidebar plans."""
    figures = figures_of(history) if history is not None and history.ended is not None else _planned()
    boxes = "".join(
        f'<div class="ink-goal {"" if met is None else "met" if met else "missed"}"><b>{escape(what)}</b>'
        f"{escape(came)} <small>{escape(asked)}</small></div>"
        for what, asked, came, met in rows(challenge, figures)
    )
    st.html(f'{STYLE}<div class="ink-goals">{boxes}</div>')


def rows(challenge: Challenge, figures: Figures) -> list[Row]:
    """Goal and budget, a row each; what is not known yet is neither met nor missed."""
    goal, budget, found = challenge.goal, challenge.budget, figures.accuracy.get(challenge.goal.figure)
    name = say("Validation accuracy") if goal.figure == "validation" else say("Test accuracy")
    came = "–" if found is None else f"{100 * found:.2f} %"
    asked = say("at least {share:g} %", share=100 * goal.accuracy)
    made = [(name, asked, came, None if found is None else found >= goal.accuracy)]
    other = "test" if goal.figure == "validation" else "validation"
    if challenge.fault and (beside := figures.accuracy.get(other)) is not None:
        made.append((say("Test accuracy"), say("to compare"), f"{100 * beside:.2f} %", None))
    for label, most, value in (
        (say("Parameters"), budget.parameters, figures.parameters),
        (say("Epochs"), budget.epochs, figures.epochs),
        (say("Steps"), budget.steps, figures.steps),
        (say("Images seen"), budget.images, figures.images),
    ):
        if most:
            known = value > 0
            met = value <= most + 1e-9 if known else None
            made.append((label, say("at most {most:,g}", most=most), f"{value:,g}" if known else "–", met))
    return made


def _planned() -> Figures:
    """Of what Train would start: the parameters and the epochs are known before."""
    config = session.draft().config
    try:
        rows = config.summary(facts(config.data.source).image_shape)
        parameters = sum(row.parameters for row in rows)
    except (ShapeError, DataError):
        parameters = 0
    return Figures({}, parameters, float(config.epochs), 0, 0)


def _diagnosis(challenge: Challenge, history: History | None) -> None:
    now = playing.playing()
    if now.found:
        fault = FAULTS[challenge.fault]
        tries = len(now.guesses)
        st.success(
            say("**Found**, at guess {tries}: {fault}.", tries=tries, fault=literal(translated(fault.name)))
            + "\n\n"
            + literal(translated(fault.explanation)),
            icon=":material/check_circle:",
        )
        st.button(say("Mend it"), key="challenge-mend", on_click=playing.mend, icon=":material/build:")
        return
    if history is None or not len(history.batches):
        st.caption(say("Train it first. Then you can say here what is wrong."))
        return
    left = {name: fault for name, fault in FAULTS.items() if name not in now.guesses}
    with st.container(horizontal=True, vertical_alignment="bottom", key="challenge-guess", gap="small"):
        chosen = st.selectbox(
            say("What is wrong with it?"),
            list(left),
            index=None,
            key=f"guess-{now.text}-{len(now.guesses)}",
            format_func=lambda name: translated(FAULTS[name].name),
            placeholder=say("Choose a diagnosis"),
            width=420,
        )
        st.button(
            say("That is it"),
            key="challenge-say",
            disabled=chosen is None,
            on_click=playing.guess,
            args=(chosen or "",),
        )
    if now.guesses:
        wrong = FAULTS[now.guesses[-1]]
        st.warning(
            say("Not “{guess}”.", guess=literal(translated(wrong.name))) + " " + literal(translated(wrong.shows))
        )


def _result(challenge: Challenge, run: RunFolder, history: History) -> None:
    """Whether the run meets the challenge, and the code that says so."""
    try:
        claim = _claimed(run, challenge)
        broken = claim.broken_locks(challenge)
        missed = challenge.missed(claim.figures)
    except (OSError, ValueError) as error:
        _refused(error)
        return
    if broken:
        st.warning(
            say("This run changed what the challenge fixes: {names}. Start over.", names=literal(", ".join(broken)))
        )
        return
    if missed:
        st.info("  \n".join(literal(translated(each)) for each in missed), icon=":material/trending_up:")
        return
    _code(claim)


def _code(claim: Claim) -> None:
    """What is to be handed in, with a name if one is wanted."""
    now = playing.playing()
    st.success(say("**Met.** Give this code to whoever set the challenge."), icon=":material/emoji_events:")
    label = say("Your name, if it is to be in the code")
    typed = st.text_input(label, now.claimant, key="challenge-name", max_chars=LONGEST_CLAIMANT, width=320)
    now.claimant = str(typed)[:LONGEST_CLAIMANT]
    try:
        st.code(encode_claim(replace(claim, name=now.claimant)), language=None, wrap_lines=True)
    except ChallengeError as error:
        _refused(error)


def _refused(error: Exception) -> None:
    st.info(literal(say("This run cannot be handed in: {problem}", problem=translated(str(error)))))


def _claimed(run: RunFolder, challenge: Challenge) -> Claim:
    """What the run came to, without a name; worked out once for the weights that it ended with."""
    kept = session.kept("claimed", Claimed)
    key = (challenge.mark, *stamp(run.final))
    if kept.claim is None or kept.key != key:
        kept.claim, kept.key = None, key
        kept.claim = claim_of(run, challenge)
    return kept.claim
