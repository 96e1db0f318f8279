"""Drawings and photographs of digits -> what a network expects."""

from engine.drawing.ink import find_ink, read_photo
from engine.drawing.pipeline import (
    Box,
    Prepared,
    PrepareSettings,
    Step,
    find_digits,
    prepare,
    prepare_drawing,
    prepare_ink,
)

__all__ = [
    "Box",
    "PrepareSettings",
    "Prepared",
    "Step",
    "find_digits",
    "find_ink",
    "prepare",
    "prepare_drawing",
    "prepare_ink",
    "read_photo",
]
