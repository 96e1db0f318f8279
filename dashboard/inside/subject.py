"""What every section of the page Inside looks at.

A section is a module dashboard.inside.NAME with

    def render(subject: Subject) -> None

It is imported when a person first opens it, and called inside the page's only fragment: again whenever there are newer
weights while `subject.live`, and after every click. So it must be quick (what takes more than 100 ms goes through
session.jobs()), must not open a fragment of its own, and must keep its state in `session.kept(...)` and its widgets in
containers with keys that stay. While it waits for a job it calls `subject.wants_polling()`, in each call again.

What it works out is remembered under `subject.key`, which is another one as soon as the weights are: the same Model
object is handed over as long as the key is the same, and nobody may write into it. While the network trains, a new
model comes every few seconds, not with each call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import Model
from engine.arrays import Bytes
from engine.config import TrainingConfig
from engine.rundir import RunFolder

Key = tuple[Path, int, int]  # a file with weights: its path, time of change in ns, inode


@dataclass(frozen=True, eq=False)
class Subject:
    """A network at a moment, and an image for it.

    config          the settings of the checkpoint: those in force when its weights were saved
    run             whose weights they are; None: a network that ships with the project, shown until there is a run
    step            optimizer updates made
    live            the run trains, and the page follows it: weights still change
    image           uint8 (height, width), as the network gets it: a validation image, or the drawing once it is
                    prepared; None: there is none yet
    label           what it is; None for a drawing
    wants_polling   to be called while something is on its way: the page then looks again in a moment
    """

    model: Model
    path: Path
    key: Key
    config: TrainingConfig
    run: RunFolder | None
    step: int
    live: bool
    image: Bytes | None
    label: int | None
    wants_polling: Callable[[], None]
