"""The challenge that is on in this tab: kept in the address as ?challenge=TEXT, its locks set, its guesses counted."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard import session
from dashboard.language import say, translated
from dashboard.settings import locks
from engine.challenge import FAULTS, SHIPPED, Challenge, ChallengeError, decode_challenge

ADDRESS = "challenge"


@dataclass
class Playing:
    """text: what the address says, the name of one that ships or a link's text; "" where none is on."""

    text: str = ""
    challenge: Challenge | None = None
    problem: str = ""  # why a link could not be followed
    guesses: list[str] = field(default_factory=list)  # names of faults, in the order in which they were guessed
    claimant: str = ""

    @property
    def found(self) -> bool:
        """Whether the hidden fault was named; also where there is none to be found."""
        fault = self.challenge.fault if self.challenge else ""
        return not fault or fault in self.guesses

    @property
    def quiet(self) -> bool:
        """Whether the page must not yet say by itself what is wrong with a run."""
        return not self.found


def playing() -> Playing:
    """The challenge that is on in this tab."""
    return session.kept("playing", Playing)


def follow_address() -> None:
    """Begin the challenge that the address names, and keep the one that is on in it. Once in every full run."""
    now, asked = playing(), st.query_params.get(ADDRESS)
    if asked and asked != now.text:
        begin(asked)
    elif now.challenge is not None and not asked:
        st.query_params[ADDRESS] = now.text


def challenge_of(text: str) -> Challenge:
    """The challenge of that name, or in that link's text. Raises ChallengeError."""
    text = text.strip().rpartition(f"{ADDRESS}=")[2].partition("&")[0]
    found = SHIPPED[text] if text in SHIPPED else decode_challenge(text)
    if found.fault and found.fault not in FAULTS:
        raise ChallengeError(f"this challenge hides a fault {found.fault[:40]!r} that this page does not know.")
    return found


def begin(text: str) -> None:
    """Put a challenge on: its settings into the sidebar, its locks on them, no run on show."""
    now = playing()
    now.text, now.guesses, now.problem = text, [], ""
    try:
        now.challenge = challenge_of(text)
    except ChallengeError as error:
        now.challenge, now.problem = None, translated(str(error))
        st.query_params.pop(ADDRESS, None)
        return
    start_over()
    st.query_params[ADDRESS] = text


def start_over() -> None:
    """The settings that the challenge begins with, as if nothing had been tried."""
    now = playing()
    if now.challenge is not None:
        session.show(None)
        session.draft().load(now.challenge.start)
        _lock()


def leave() -> None:
    """No challenge any more; the settings stay, free to change."""
    st.session_state["playing"] = Playing()
    st.query_params.pop(ADDRESS, None)
    locks.set(locks.Locks())


def guess(name: str) -> None:
    """Say what is wrong with the network. The right answer shows what was hidden."""
    now = playing()
    if name in FAULTS and name not in now.guesses:
        now.guesses.append(name)
        _lock()


def mend() -> None:
    """Take the fault that was found out of the settings in the sidebar."""
    now = playing()
    if now.challenge is not None and now.challenge.fault and now.found:
        draft = session.draft()
        for path, value in FAULTS[now.challenge.fault].mends:
            draft.put(path, value)


def _lock() -> None:
    now = playing()
    if now.challenge is None:
        return
    hidden = () if now.challenge.fault and now.found else now.challenge.hidden
    by = say("Fixed by the challenge “{name}”.", name=translated(now.challenge.name))
    locks.set(locks.Locks(frozenset(now.challenge.locked), frozenset(hidden), by))
