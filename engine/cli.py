"""The command line: `python -m engine COMMAND`. What each command does is in commands/."""

import argparse
import os
import sys
from collections.abc import Callable

import cv2

from engine.commands import COMMANDS
from engine.export import ExportError
from engine.shipping import ShipError
from engine.worker import USER_ERRORS


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 an error that is named on standard error, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    cv2.setNumThreads(1)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (*USER_ERRORS, ExportError, ShipError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="Neural networks for digits in NumPy.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        each = commands.add_parser(name, help=command.HELP, description=command.HELP)
        command.arguments(each)
        each.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
        each.set_defaults(command=command.run)
    return parser
