"""What the Share page of one tab is set to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dashboard import session
from dashboard.running.jobs import Progress
from engine.about import About, read_about, write_about
from engine.rundir import RunError, RunFolder

SECTIONS = ("link", "report", "model", "runs")


@dataclass
class ShareDesk:
    """section: which is open. polling, waiting: whether something is being worked out."""

    section: str = SECTIONS[0]
    polling: bool = False
    waiting: bool = False
    of_run: bool = False  # the link is to the shown run's settings, not the sidebar's
    locked: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)  # other runs in the report
    snapshots: bool = False  # go along with a run
    source: str = ""  # the data that a run from elsewhere is to have here; "": none
    mounts: int = 0  # grows to mount a fresh, empty uploader
    received: str = ""  # id of the run that was opened last
    problem: str = ""


def desk() -> ShareDesk:
    """The Share page of this tab."""
    return session.kept("share", ShareDesk)


def wait_for(key: tuple[Any, ...], work: Callable[[Any], Any]) -> Progress[Any]:
    """A job's progress; the page looks again while it is under way."""
    found = session.jobs().ask(key, work, patience=0.05)
    if not found.done:
        desk().waiting = True
    return found


def tell_of(run: RunFolder, **changes: Any) -> None:
    """Write something about a run; what else is said of it stays."""
    desk().problem = ""
    try:
        write_about(run, About(**(read_about(run).__dict__ | changes)))
    except (OSError, RunError) as error:
        desk().problem = str(error)


def keyed(widget: Any, label: str, options: list[str], key: str, chosen: list[str], **look: Any) -> list[str]:
    """A menu of several, whose choice survives a visit to another page."""
    kept = [each for each in chosen if each in options]
    found: list[str] = widget(label, options, default=kept, key=f"{key}-{session.place().visit}", **look)
    return found
