"""Which networks can be evaluated: runs with weights, at a step of theirs, and those that ship with the project."""

from dataclasses import dataclass
from pathlib import Path

from dashboard import session
from dashboard.drawing.readers import pretrained
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.language import say
from dashboard.training import time_machine
from engine.about import About, read_about, write_about
from engine.rundir import RunError, RunFolder

SHIPS = "ships:"


@dataclass(frozen=True)
class Source:
    """A file with weights. key: what stays the same while its contents change; live: they do.

    name: what it is called; which: the word for its weights, "" where there is no choice.
    """

    key: str
    name: str
    path: Path
    which: str = ""
    run: RunFolder | None = None
    live: bool = False


def name_of(run: RunFolder) -> str:
    """What people call it."""
    return read_about(run).name or run.id


def shipped(name: str) -> Source | None:
    """A network that ships with the project."""
    path = next((each.path for each in pretrained() if each.path.stem == name), None)
    return Source(SHIPS + name, name, path) if path is not None else None


def shipped_names() -> list[str]:
    """Of all that ship, in the order in which they are offered to read drawings."""
    return [each.path.stem for each in pretrained()]


def evaluated(here: EvaluateDesk, run: RunFolder | None) -> Source | None:
    """The chosen weights; None while there are none."""
    if here.network:
        return shipped(here.network)
    if run is None:
        names = shipped_names()
        return shipped(names[0]) if names else None
    snapshot = time_machine.chosen(run, time_machine.found_of(run))
    if snapshot is not None:
        which = say("snapshot of step {step:,}", step=snapshot.step)
        return Source(f"{run.id}/{snapshot.step}", name_of(run), snapshot.path, which, run)
    if here.weights == "best" and run.best.exists():
        return Source(f"{run.id}/best", name_of(run), run.best, say("weights of the best epoch"), run, _moves(run))
    return newest(run)


def newest(run: RunFolder) -> Source | None:
    """A run's newest weights."""
    path = run.newest
    return Source(f"{run.id}/newest", name_of(run), path, say("newest weights"), run, _moves(run)) if path else None


def rival(here: EvaluateDesk) -> Source | None:
    """What the evaluated network is held against; None: nothing, or it is gone."""
    if here.against.startswith(SHIPS):
        return shipped(here.against.removeprefix(SHIPS))
    try:
        return newest(session.runs().open(here.against)) if here.against else None
    except RunError:
        return None


def _moves(run: RunFolder) -> bool:
    return session.runs().status(run).trains


def test_looks(here: EvaluateDesk, source: Source) -> int:
    """How often test images were looked at to judge this network, or others of its run."""
    return read_about(source.run).test_looks if source.run is not None else here.ships_looks.get(source.key, 0)


def note_test_look(here: EvaluateDesk, source: Source) -> None:
    """One more."""
    if source.run is None:
        here.ships_looks[source.key] = here.ships_looks.get(source.key, 0) + 1
        return
    about = read_about(source.run)
    try:
        write_about(source.run, About(**(about.__dict__ | {"test_looks": about.test_looks + 1})))
    except OSError:  # a folder that cannot be written: the figures are shown all the same
        here.ships_looks[source.key] = here.ships_looks.get(source.key, 0) + 1
