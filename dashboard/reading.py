"""What is to be read, digit by digit, and what a network makes of it."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.readers import read
from dashboard.session import Photo, Sketch
from engine import Model
from engine.drawing import Prepared, PrepareSettings, digits_in_ink, find_ink, ink_of_picture

Sheet = Sketch | Photo
Shares = NDArray[np.floating]
ALL_STEPS = PrepareSettings()


def on_desk() -> Sheet | None:
    """What the Draw page reads: the drawing or the picture; None: there is none."""
    desk = session.desk()
    return session.drawing().sketch if desk.source == "pad" else desk.photo


@functools.lru_cache(maxsize=32)
def ink_of(sheet: Sheet) -> NDArray[np.uint8]:
    """How much ink lies on each pixel, uint8 (height, width). A sheet is the same one only if it is the same object."""
    return ink_of_picture(sheet.image) if isinstance(sheet, Photo) else find_ink(sheet.image)


@functools.lru_cache(maxsize=128)
def digits(sheet: Sheet, size: int, settings: PrepareSettings = ALL_STEPS) -> tuple[Prepared, ...]:
    """Each digit as a network of this input size gets it, in reading order; boxes are in the pixels of the ink."""
    return tuple(digits_in_ink(ink_of(sheet), settings, size))


def answers(
    memory: dict[str, Any], name: str, model: Model, sheet: Sheet, settings: PrepareSettings = ALL_STEPS
) -> Shares:
    """Probabilities (digits, classes). Worked out again only when network, drawing or settings are other ones.

    memory: where the newest answers lie under `name`.
    """
    asked = (model, sheet, settings)
    known = memory.get(name)
    if known is None or known[0] != asked:
        found = digits(sheet, model.image_size, settings)
        shares = read(model, np.stack([each.image for each in found])) if found else np.zeros((0, model.classes))
        known = memory[name] = (asked, shares)
    return np.asarray(known[1])
