"""What a person has picked on the Runs page, and what all tabs know of the runs."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import session
from dashboard.comparing.catalog import Catalog, Summary
from dashboard.comparing.contrasts import Contrast
from dashboard.language import say
from dashboard.running.runs import Runs
from engine.about import About, read_about, write_about
from engine.config import TrainingConfig
from engine.rundir import RunError


@dataclass
class Picking:
    """The Runs page of one tab."""

    ids: list[str] = field(default_factory=list)  # picked runs, in the order of picking
    revision: int = 0  # grows when something else than the table changed them
    tones: dict[str, int] = field(default_factory=dict)  # line in the chart -> place in the order of colours
    form: str = ""  # the form that is open: "race", "repeats" or none
    leave: bool = False  # the Train page is to be opened
    polling: bool = False
    problem: str = ""
    drawn: tuple[Any, Any] = (None, None)  # what the newest figure was made of, and the figure
    told: tuple[tuple[TrainingConfig, ...], list[Contrast]] = field(
        default=((), [])
    )  # settings that were compared, and the outcome

    def take(self, ids: Sequence[str]) -> None:
        """The table reports what is picked: those that were keep their order."""
        kept = [each for each in self.ids if each in ids]
        self.ids = [*kept, *(each for each in ids if each not in kept)]
        self.problem = ""

    def put(self, ids: Sequence[str]) -> None:
        """Pick these, and let the table know."""
        self.ids, self.revision, self.problem = list(ids), self.revision + 1, ""

    def give_tones(self, lines: Sequence[str]) -> dict[str, int]:
        """A colour for each line. A line keeps its colour as long as it is there."""
        self.tones = {line: tone for line, tone in self.tones.items() if line in lines}
        for line in lines:
            if line not in self.tones:
                taken = set(self.tones.values())
                self.tones[line] = next(tone for tone in range(len(lines) + 1) if tone not in taken)
        return self.tones


def picking() -> Picking:
    """The Runs page of this tab."""
    return session.kept("picking", Picking)


@functools.lru_cache(maxsize=2)
def _catalog_of(runs: Runs) -> Catalog:
    return Catalog(runs)


def catalog() -> Catalog:
    """The runs in figures; one for the whole server."""
    return _catalog_of(session.runs())


def change_about(run_id: str, **changes: Any) -> None:
    """Name, note or star a run."""
    try:
        run = session.runs().open(run_id)
        write_about(run, About(**(read_about(run).__dict__ | changes)))
    except RunError as error:
        picking().problem = str(error)
    except OSError as error:
        picking().problem = say(
            "Nothing can be written to the folder of run {run_id}: {strerror}.", run_id=run_id, strerror=error.strerror
        )


def open_run(run_id: str) -> None:
    """Show a run on the Train page, at the end of this run of the script."""
    session.show(run_id)
    picking().leave = True


def take_settings(summary: Summary) -> None:
    """Put a run's settings into the sidebar, for another run that is started from there."""
    if summary.config is not None:
        session.draft().load(summary.config)
        session.show(None)
        picking().leave = True
