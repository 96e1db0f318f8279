"""How far trainings step back behind the pages of a server for many: answers come first there.

On a person's own computer they do not. It would win the page nothing, and cost the run two or three percent of its
speed while somebody looks at it.
"""

import contextlib
import os
from pathlib import Path

KINDNESS = 5  # steps of priority: on full processors it gets a quarter of what another program gets; on free ones, all
GROUP = Path("/proc/self/autogroup")


def step_back() -> None:
    """Give this process, and those that it forks, a lower priority, where the system knows such a thing.

    Linux shares the processors among sessions first (`man 7 sched`, the autogroup feature), and a priority counts only
    among processes of one session. A worker leads a session of its own, so it says so for all of that too; one that
    shares a person's terminal leaves that as it is.
    """
    if not hasattr(os, "nice"):
        return
    with contextlib.suppress(OSError):
        os.nice(KINDNESS)
        if os.getsid(0) == os.getpid():
            GROUP.write_text(str(KINDNESS), encoding="ascii")
