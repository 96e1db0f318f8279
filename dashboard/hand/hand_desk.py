"""What this tab knows of the person's set of drawings: what is chosen, what was said last."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dashboard import session, visitor
from engine.datasets import DataError
from engine.datasets.personal import EMPTY, Hand, HandFile
from engine.rundir import runs_folder


@dataclass
class HandDesk:
    """The panel's state. The drawings themselves lie on disk, for all tabs."""

    told: str = ""  # what the last click did
    problem: str = ""  # why something could not be done
    label: int | None = None  # the digit whose drawings are shown; None: all
    chosen: int | None = None  # the drawing that is chosen in the gallery
    run_id: str | None = None  # the newest run that learned this hand
    drawing: bytes = b""  # the image to which `told` belongs
    uploads: int = 0  # grows to mount a fresh, empty uploader


def desk() -> HandDesk:
    """This tab's."""
    return session.kept("hand", HandDesk)


def file() -> HandFile:
    """Where the set lies: one for the computer, or for the browser where runs belong to browsers."""
    name = visitor.folder_name()
    return HandFile(runs_folder().with_name("hands") / f"{name}.npz") if name else HandFile()


def read() -> Hand:
    """The set as it is now; an empty one where it cannot be read, and then the desk says why."""
    try:
        return file().read()
    except DataError as error:
        desk().problem = str(error)
        return EMPTY


@lru_cache(maxsize=8)
def digest(hand: Hand) -> str:
    """Names the set's contents, as `Hand.digest`; worked out once."""
    return hand.digest()


def change(how: Callable[[Hand], Hand], told: str) -> None:
    """Change the set, and say what was done, or why not."""
    here = desk()
    here.told = here.problem = ""
    try:
        file().change(how)
        here.told = told
    except DataError as error:
        here.problem = str(error)
