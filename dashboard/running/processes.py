"""Processes of the engine: started so that none outlives the server, and ended with what they have forked."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from engine.blas import VARIABLES

PROJECT = Path(__file__).resolve().parents[2]

Process = subprocess.Popen[bytes]


def begin(command: tuple[str, ...], **streams: Any) -> Process:
    """Start a process of the engine, which ends when its standard input does."""
    # A session of its own: Ctrl-C in the server's terminal must not reach the worker; the end of its
    # standard input, which follows, does, and lets it write its weights.
    own: dict[str, Any] = (
        {"start_new_session": True} if os.name == "posix" else {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
    )
    environment = {**dict.fromkeys(VARIABLES, "1"), **os.environ}
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=PROJECT, env=environment, **streams, **own)


def kill(process: Process) -> None:
    """End a process that `begin` has started, and those that it has forked."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # its session has its number
            return
    process.kill()
