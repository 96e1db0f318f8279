"""Numbers as the scripts that paint them expect them: bytes as text, and what they share."""

import base64
from pathlib import Path

import numpy as np

from dashboard.charts.kernels import NEGATIVE, POSITIVE, largest
from engine.arrays import Array, Bytes

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """A script in this folder, with what all of them share before it."""
    shared = (_HERE / "paint.js").read_text(encoding="utf-8")
    shared = shared.replace("COLOR_POSITIVE", str(list(POSITIVE))).replace("COLOR_NEGATIVE", str(list(NEGATIVE)))
    return shared + (_HERE / f"{name}.js").read_text(encoding="utf-8")


def style(name: str) -> str:
    """A style sheet in this folder, with what all of them share before it."""
    return "".join((_HERE / f"{each}.css").read_text(encoding="utf-8") for each in ("paint", name))


def signed_bytes(values: Array, limit: float = 0.0) -> tuple[str, float]:
    """Numbers as signed bytes in base64, 127 for `limit` and beyond, and the limit; 0: the largest there is."""
    limit = limit or largest(values)
    shares = np.clip(np.nan_to_num(values, posinf=limit, neginf=-limit) / limit, -1, 1)
    return text_of(np.rint(127 * shares).astype(np.int8).view(np.uint8)), limit


def text_of(values: Bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def units_first(output: Array) -> Array:
    """What a layer gives out for one image, (units,) or (height, width, channels), as (units, height, width)."""
    return np.moveaxis(output, -1, 0) if output.ndim == 3 else output.reshape(-1, 1, 1)
