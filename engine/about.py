"""What a person says about a run: its name, note and star, and which runs were started together.

It lies in about.json in the run's folder, beside the settings, so it goes wherever the folder goes. The worker never
reads it. A run without that file is one of which nothing was said.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from engine.rundir import RunError, RunFolder, read_json, write_json

ABOUT = "about.json"
KINDS = ("", "race", "repeats")
LONGEST_NAME, LONGEST_NOTE = 80, 2000  # characters
LATEST = 1e11  # seconds since 1970 that a date can be made of, everywhere
LONG = ("note", "hypothesis", "conclusion")


@dataclass(frozen=True)
class About:
    """Free text, where no other type is given; empty where nothing was said."""

    name: str = ""
    note: str = ""
    starred: bool = False
    group: str = ""  # shared by the runs of one race, or of one set of repeats
    kind: str = ""  # one of KINDS: what that group is
    parent: str = ""  # the run that this one goes on from
    parent_step: int | None = None  # ... and the step at which it left it
    test_looks: int = 0  # how often somebody looked at test images, besides the run itself at its end
    hypothesis: str = ""  # what was expected of the run ...
    hypothesis_step: int | None = None  # ... written when so many steps were made; 0: before it began
    hypothesis_time: float | None = None  # ... at this time of the clock, in seconds since 1970
    conclusion: str = ""
    origin: str = ""  # the run elsewhere of which this is a copy

    @classmethod
    def from_json(cls, data: Any) -> "About":
        """What of `data` has the right type; the rest keeps its default. Texts are cut to their longest."""
        if not isinstance(data, dict):
            return cls()
        kept = {each.name: data[each.name] for each in fields(cls) if _fits(each.name, data.get(each.name))}
        for name in (name for name, value in kept.items() if isinstance(value, str)):
            whole = kept[name].encode("utf-8", "replace").decode()  # half a surrogate pair can be sent nowhere
            kept[name] = whole[: LONGEST_NOTE if name in LONG else LONGEST_NAME]
        return cls(**kept)


def _fits(name: str, value: Any) -> bool:
    if name == "starred":
        return isinstance(value, bool)
    if name in ("parent_step", "test_looks", "hypothesis_step"):
        return isinstance(value, int) and not isinstance(value, bool) and (name == "parent_step" or value >= 0)
    if name == "hypothesis_time":
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST
    return isinstance(value, str) and (name != "kind" or value in KINDS)


def read_about(run: RunFolder) -> About:
    """What is said of a run. Never raises: a missing or damaged file says nothing."""
    try:
        return About.from_json(read_json(run.path / ABOUT))
    except RunError:
        return About()


def write_about(run: RunFolder, about: About) -> None:
    """Say it; whole or not at all. Raises OSError where the folder cannot be written."""
    write_json(run.path / ABOUT, asdict(about))
