"""`python -m engine presets`: the settings to start from."""

import argparse
import json

from engine.presets import GROUPS

HELP = "the settings to start from, and what each teaches"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes: nothing of its own."""


def run(options: argparse.Namespace) -> int:
    """Print them in their groups, the default first."""
    if options.json:
        listed = [
            {"name": each.name, "group": group, "teaches": each.teaches, "base": each.base or None}
            for group, presets in GROUPS.items()
            for each in presets
        ]
        print(json.dumps(listed))
        return 0
    for number, (group, presets) in enumerate(GROUPS.items()):
        print(f"{'' if number == 0 else chr(10)}{group}")
        for each in presets:
            more = f" (goes on from {each.base})" if each.base else ""
            print(f"  {each.name:20s} {each.teaches}{more}")
    return 0
