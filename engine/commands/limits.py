"""`python -m engine limits`: what this installation allows, as it stands."""

import argparse
import json

from engine.limits import LIMITS, amount

HELP = "list what this installation allows, and the variables that say so"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing."""


def run(options: argparse.Namespace) -> int:
    """Print a line for each limit."""
    if options.json:
        print(json.dumps({each.variable: each.value() for each in LIMITS}))
        return 0
    for each in LIMITS:
        value = each.value()
        words = (amount(value) if each.bytes else f"{value:,}") if value else each.zero
        print(f"{each.variable:24}{words:>12}  {each.meaning}")
    return 0
