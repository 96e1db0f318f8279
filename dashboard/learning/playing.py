"""The challenge that is on in this tab, with its locks and its guesses.

?challenge=TEXT        the name of one that ships, or a link's text
&guessed=rate,labels   what was said to be wrong, in that order, so that a reload brings no tries back
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from dashboard import session
from dashboard.language import say, translated
from dashboard.settings import locks
from dashboard.sharing import address
from engine.challenge import FAULTS, SHIPPED, Challenge, ChallengeError, decode_challenge

ADDRESS, GUESSED = "challenge", "guessed"  # in the address


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
    """Begin the challenge that the address names, and keep the one that is on in it. Once in every full run.

    An address that names a run or has settings is that of a challenge under way, loaded anew: they stay.
    """
    now, asked = playing(), st.query_params.get(ADDRESS)
    if asked and asked != now.text:
        if session.shown().run_id is None and address.SETTINGS not in st.query_params:
            begin(asked)
        else:
            _take_up(asked, st.query_params.get(GUESSED, "").split(","))
    elif now.challenge is not None and not asked:
        _tell_address()


def challenge_of(text: str) -> Challenge:
    """The challenge of that name, or in that link's text. Raises ChallengeError."""
    text = text.strip().rpartition(f"{ADDRESS}=")[2].partition("&")[0]
    found = SHIPPED[text] if text in SHIPPED else decode_challenge(text)
    if found.fault and found.fault not in FAULTS:
        raise ChallengeError(f"this challenge hides a fault {found.fault[:40]!r} that this page does not know.")
    return found


def begin(text: str) -> bool:
    """Put a challenge on: its settings into the sidebar, its locks on them, no run on show. False: it is none.

    Then the one that was on stays, and `problem` says why the new one cannot be.
    """
    if not _take_up(text):
        return False
    start_over()
    return True


def _take_up(text: str, guesses: Iterable[str] = ()) -> bool:
    """Put a challenge and its locks on; the settings and the run on show stay. False: it is none."""
    now = playing()
    try:
        now.challenge = challenge_of(text)
    except ChallengeError as error:
        now.problem = translated(str(error))
        _tell_address()
        return False
    now.text, now.problem = text, ""
    now.guesses = [each for each in dict.fromkeys(guesses) if each in FAULTS] if now.challenge.fault else []
    _lock()
    _tell_address()
    return True


def _tell_address() -> None:
    """Keep the address in step with what is on."""
    now = playing()
    parts = {ADDRESS: now.text, GUESSED: ",".join(now.guesses)} if now.challenge is not None else {}
    for name in (ADDRESS, GUESSED):
        if parts.get(name):
            st.query_params[name] = parts[name]
        else:
            st.query_params.pop(name, None)


def start_over() -> None:
    """The settings that the challenge begins with, as if nothing had been tried."""
    now = playing()
    now.problem = ""
    if now.challenge is not None:
        session.show(None)
        session.draft().load(now.challenge.start)
        _lock()


def leave() -> None:
    """No challenge any more; the settings stay, free to change but for what the tab's own link locks."""
    st.session_state["playing"] = Playing()
    _tell_address()
    locks.set(address.opened().held)


def guess(name: str) -> None:
    """Say what is wrong with the network. The right answer shows what was hidden."""
    now = playing()
    if name in FAULTS and name not in now.guesses:
        now.guesses.append(name)
        _lock()
        _tell_address()


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
