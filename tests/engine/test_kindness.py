"""On a server for many, a training leaves the processors to others first."""

import os
import subprocess
import sys

import pytest

from engine.kindness import GROUP, KINDNESS

TELL = "import os; from engine.kindness import step_back; step_back(); print(os.nice(0), {group})"


def level(group: str) -> str:
    """Priority that this says of a session; nothing where the system keeps none for it."""
    return group.split()[-1] if group.split() else ""


def told(own_session: bool) -> tuple[int, str]:
    """Priority of a fresh process that stepped back, and of its session."""
    group = "open('/proc/self/autogroup').read()" if GROUP.exists() else "''"
    found = subprocess.run(
        [sys.executable, "-c", TELL.format(group=group)],
        start_new_session=own_session,
        capture_output=True,
        text=True,
        check=True,
    )
    process, _, session = found.stdout.partition(" ")
    return int(process), level(session)


@pytest.mark.skipif(os.name != "posix", reason="this system knows no such priority")
def test_a_worker_steps_back_and_a_session_of_its_own_with_it():
    here = os.nice(0)
    least = 19  # there is none below
    process, session = told(own_session=True)
    assert process == min(here + KINDNESS, least)
    if GROUP.exists():
        assert session == str(KINDNESS)


@pytest.mark.skipif(not GROUP.exists(), reason="this system does not share the processors among sessions")
def test_the_session_that_a_worker_shares_with_others_stays_as_it_is():
    assert told(own_session=False)[1] == level(GROUP.read_text(encoding="ascii"))
