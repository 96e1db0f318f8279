"""On a server for many, a training leaves the processors to others first."""

import os
import subprocess
import sys

import pytest

from engine.kindness import GROUP, KINDNESS

TELL = (
    "import os; from pathlib import Path; from engine.kindness import step_back; step_back(); "
    "group = Path('/proc/self/autogroup'); print(os.nice(0), group.read_text().split()[-1] if group.exists() else '-')"
)


def told(own_session: bool) -> list[str]:
    """Priority of a fresh process that stepped back, and of its session."""
    found = subprocess.run(
        [sys.executable, "-c", TELL], start_new_session=own_session, capture_output=True, text=True, check=True
    )
    return found.stdout.split()


@pytest.mark.skipif(os.name != "posix", reason="this system knows no such priority")
def test_a_worker_steps_back_and_a_session_of_its_own_with_it():
    here = os.nice(0)
    least = 19  # there is none below
    process, group = told(own_session=True)
    assert int(process) == min(here + KINDNESS, least)
    if GROUP.exists():
        assert int(group) == KINDNESS
        assert told(own_session=False)[1] == GROUP.read_text().split()[-1]
