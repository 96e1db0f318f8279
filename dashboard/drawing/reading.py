"""What is to be read, digit by digit, and what a network makes of it."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.drawing.readers import read
from dashboard.session import Photo, Sketch
from engine import Model
from engine.drawing import Prepared, PrepareSettings, digits_in_ink, find_ink, ink_of_picture

Sheet = Sketch | Photo
Shares = NDArray[np.floating]
ALL_STEPS = PrepareSettings()
MOST_ANSWERS = 12  # that are remembered for a tab, with the networks that gave them
T = TypeVar("T")


def on_desk() -> Sheet | None:
    """What the Draw page reads: the drawing or the picture; None: there is none."""
    desk = session.desk()
    return session.drawing().sketch if desk.source == "pad" else desk.photo


@functools.lru_cache(maxsize=32)
def ink_of(sheet: Sheet) -> NDArray[np.uint8]:
    """How much ink lies on each pixel, uint8 (height, width). A sheet is the same one only if it is the same object."""
    return ink_of_picture(sheet.image) if isinstance(sheet, Photo) else find_ink(sheet.image)


@functools.lru_cache(maxsize=64)
def digits(sheet: Sheet, size: int, settings: PrepareSettings = ALL_STEPS) -> tuple[Prepared, ...]:
    """Each digit as a network of this input size gets it, in reading order; boxes are in the pixels of the ink."""
    return tuple(digits_in_ink(ink_of(sheet), settings, size))


def answers(
    memory: dict[str, Any], name: str, model: Model, sheet: Sheet, settings: PrepareSettings = ALL_STEPS
) -> Shares:
    """Probabilities (digits, classes). Worked out again only when network, drawing or settings are other ones.

    memory: where the newest answers lie under `name`. Those to another drawing go, for they hold it and their network:
    else a tab that has shown twelve runs keeps twelve of both.
    """
    for other, (asked, _) in list(memory.items()):
        if any(isinstance(each, Sketch | Photo) and each is not sheet for each in asked):
            memory.pop(other, None)  # the live feed's thread may have been here

    def work_out() -> Shares:
        found = digits(sheet, model.image_size, settings)
        if not found:
            return np.zeros((0, model.classes), np.float32)
        return read(model, np.stack([each.image for each in found]))

    return remembered(memory, name, (model, sheet, settings), work_out)


def remembered(memory: dict[str, Any], name: str, asked: tuple[object, ...], work_out: Callable[[], T]) -> T:
    """What `work_out` gave, under `name`, as long as the same is asked; the page asks several times a second."""
    known = memory.pop(name, None)
    if known is None or known[0] != asked:
        known = (asked, work_out())
    memory[name] = known  # at the end: what was not asked for longest goes first
    while len(memory) > MOST_ANSWERS:
        del memory[next(iter(memory))]
    answer: T = known[1]
    return answer
