"""What `python -m engine COMMAND` can do: one module a command.

Each has HELP, the line in the list of commands; `arguments(parser)`, what it takes; and `run(options)`, which does it
and returns the exit status. --json is common to all.
"""

import argparse
from typing import Protocol

from engine.commands import bench, evaluate, export, gradcheck, predict, receive, report, reproduce, send, ship, train
from engine.commands import limits as limits
from engine.commands import presets as presets  # "as": mypy takes it for engine.presets otherwise


class Command(Protocol):
    """A module of this package."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what the command takes."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it, and return the exit status."""


COMMANDS: dict[str, Command] = {
    "train": train,
    "evaluate": evaluate,
    "predict": predict,
    "report": report,
    "send": send,
    "receive": receive,
    "export": export,
    "presets": presets,
    "reproduce": reproduce,
    "gradcheck": gradcheck,
    "bench": bench,
    "limits": limits,
    "ship": ship,
}
