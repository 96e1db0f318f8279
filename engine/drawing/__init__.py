"""Drawings and photographs of digits -> what a network expects."""

from engine.drawing.ink import find_ink, read_photo
from engine.drawing.photo import PictureError, decode_picture, ink_of_picture
from engine.drawing.pipeline import (
    Box,
    Prepared,
    PrepareSettings,
    Step,
    digits_in_ink,
    find_digits,
    prepare,
    prepare_drawing,
    prepare_ink,
)

__all__ = [
    "Box",
    "PictureError",
    "PrepareSettings",
    "Prepared",
    "Step",
    "decode_picture",
    "digits_in_ink",
    "find_digits",
    "find_ink",
    "ink_of_picture",
    "prepare",
    "prepare_drawing",
    "prepare_ink",
    "read_photo",
]
