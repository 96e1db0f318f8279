"""For teachers: make a challenge out of what the sidebar shows, and verify the codes that come back."""

from dataclasses import dataclass, field
from html import escape

import streamlit as st

from dashboard import pages, session
from dashboard.language import say, translated
from dashboard.learning import checking, playing
from dashboard.markdown import literal
from dashboard.settings import locks
from dashboard.sharing import address, lock_names
from engine.challenge import FAULTS, Budget, Challenge, ChallengeError, Goal, encode_challenge
from engine.challenge.rules import LONGEST_NAME, LONGEST_TEXT
from engine.spec import SettingError

NO_FAULT = ""


@dataclass
class Desk:
    """What a teacher has here: challenges that were made or pasted, and codes under check."""

    own: list[Challenge] = field(default_factory=list)
    checks: list[checking.Check] = field(default_factory=list)
    problem: str = ""


def desk() -> Desk:
    """Of this tab."""
    return session.kept("teaching", Desk)


def render_maker() -> None:
    """The form, and the link that comes of it."""
    st.markdown(
        say(
            "A challenge begins with the settings that the Train page shows now. Set them there first, a fault "
            "included if there is to be one; then say here what is to be reached, at what price, and what stays as it "
            "is."
        )
    )
    name = st.text_input(say("Name"), say("My challenge"), max_chars=LONGEST_NAME, key="maker-name")
    text = st.text_area(say("What it asks for"), "", max_chars=LONGEST_TEXT, key="maker-text", height=90)
    left, right = st.columns(2)
    with left:
        figure = st.segmented_control(
            say("Measured on"),
            ["validation", "test"],
            default="validation",
            required=True,
            key="maker-figure",
            format_func=lambda each: say("validation images") if each == "validation" else say("test images"),
        )
        percent = st.number_input(say("Accuracy to reach, %"), 1.0, 100.0, 97.0, 0.1, key="maker-goal", format="%g")
    with right:
        parameters = st.number_input(
            say("Most parameters; 0: any number"), 0, 20_000_000, 10_000, 1000, key="maker-parameters"
        )
        epochs = st.number_input(say("Most epochs; 0: any number"), 0, 10_000, 3, 1, key="maker-epochs")
    names = [each for each in lock_names.known() if each != locks.PRESET]
    locked = st.multiselect(say("Locked: shown, but fixed"), names, format_func=lock_names.in_words, key="maker-locked")
    hidden = st.multiselect(say("Hidden: not even shown"), names, format_func=lock_names.in_words, key="maker-hidden")
    fault = st.selectbox(
        say("Hidden fault to be found"),
        [NO_FAULT, *(name for name, each in FAULTS.items() if each.mends)],
        format_func=lambda each: translated(FAULTS[each].name) if each else say("none"),
        key="maker-fault",
        help=say("It is not made here: the settings must have it. This says which guess is the right one."),
    )
    try:
        challenge = Challenge(
            name=str(name),
            text=str(text),
            start=session.draft().config,
            goal=Goal(figure=str(figure), accuracy=round(float(percent) / 100, 6)),
            budget=Budget(parameters=int(parameters), epochs=float(epochs)),
            locked=tuple(locked),
            hidden=(*hidden, *([locks.PRESET] if hidden else [])),
            fault=str(fault),
        )
        encoded = encode_challenge(challenge)
    except (ChallengeError, SettingError) as error:
        st.error(literal(translated(str(error))))
        return
    st.caption(say("The link, {count:,} characters long. Whoever opens it takes the challenge.", count=len(encoded)))
    st.code(f"{address.base()}?{playing.ADDRESS}={encoded}", language=None, wrap_lines=True)
    if challenge not in desk().own:
        desk().own = [*desk().own[-20:], challenge]
    if st.button(say("Try it yourself"), key="maker-try"):
        if playing.begin(encoded):
            st.switch_page(pages.page("train"))


def render_checks() -> None:
    """A field for codes, and what came of each. Polls while runs are under way."""
    st.markdown(
        say(
            "Paste codes, one a line. Each is trained again here, with its changes at their steps, and must come to "
            "the same weights, bit by bit; on another kind of machine, to the same accuracy within what rounding does."
        )
    )
    st.text_area(say("Codes"), key="codes", height=120)
    st.text_input(
        say("Link of the challenge, if it is none that ships and was not made in this tab"), key="codes-challenge"
    )
    st.button(say("Verify"), key="verify", type="primary", on_click=_verify, icon=":material/fact_check:")
    now = desk()
    if now.problem:
        st.error(literal(now.problem))
    waiting = any(not each.done for each in now.checks)
    st.fragment(_results, run_every=0.5 if waiting else None)(waiting)


def _verify() -> None:
    now, link = desk(), str(st.session_state.get("codes-challenge", "")).strip()
    now.problem = ""
    try:
        if link:
            now.own = [*now.own[-20:], playing.challenge_of(link)]
    except ChallengeError as error:
        now.problem = translated(str(error))
        return
    now.checks = checking.begin(str(st.session_state.get("codes", "")), now.own, now.checks)


def _results(was_waiting: bool) -> None:
    now, runs = desk(), session.runs()
    checking.look(runs, now.checks)
    if now.checks:
        body = "".join(_row(each) for each in now.checks)
        heads = (say("Who"), say("Challenge"), say("Says"), say("Verdict"))
        head = "".join(f"<th>{escape(each)}</th>" for each in heads)
        st.html(f'{STYLE}<table class="ink-checks"><tr>{head}</tr>{body}</table>')
    if was_waiting and all(each.done for each in now.checks):
        pages.made_anew()


STYLE = """<style>
.ink-checks { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
.ink-checks td, .ink-checks th { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.ink-checks b.exact, .ink-checks b.close { color: #009e73; } .ink-checks b.refused { color: #d5482f; }
</style>"""


def _row(check: checking.Check) -> str:
    claim = check.claim
    who = claim.name if claim and claim.name else check.code[:12] + "…"
    name = translated(check.challenge.name) if check.challenge else "–"
    said = "–"
    if claim is not None and check.challenge is not None:
        share = claim.figures.accuracy.get(check.challenge.goal.figure)
        said = "–" if share is None else f"{100 * share:.2f} %"
        said = say("{share}, {count:,} parameters", share=said, count=claim.figures.parameters)
    return (
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in (escape(who), escape(name), escape(said), _verdict(check)))}</tr>"
    )


def _verdict(check: checking.Check) -> str:
    """HTML; all words in it are escaped."""
    if check.problem:
        return f'<b class="refused">{escape(say("Cannot be checked"))}</b><br>{escape(translated(check.problem))}'
    if check.verdict is None and not check.run_id:
        return escape(" ".join((say("It waits for its turn."), translated(check.waits))).strip())
    if check.verdict is None:
        share = checking.share_done(session.runs(), check)
        return escape(say("Training it again: {share:.0f} %", share=100 * share))
    kind = check.verdict.kind
    title = {
        "exact": say("True, bit by bit"),
        "close": say("True within tolerance"),
        "refused": say("Not true"),
    }[kind]
    return f'<b class="{kind}">{escape(title)}</b><br>{escape(translated(check.verdict.words))}'
