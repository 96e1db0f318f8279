"""All that decides the bits of a run, in one digest: equal recipes, equal weights.

    recipe(config)      "3e07-c51a-88f2-0b4d", before anything is trained
    grouped(fingerprint(checkpoint))            the weights that came out, in the same form

A file's name says nothing of what is in it, and is another one on another computer: in its place stands a digest of
its contents.
"""

import hashlib
import json
import os
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.blas import VARIABLES
from engine.config import TrainingConfig
from engine.datasets import digest_of, load
from engine.stepping import choose_parts

GROUP, DIGITS = 4, 16


def recipe(config: TrainingConfig) -> str:
    """SHA-256 over settings, data, and what the machine rounds by. Loads the data.

    Raises DataError, ShapeError, SettingError or OSError where the run could not begin.
    """
    data = load(config.data.source)
    values = {"data.source": ""}
    contents = {"data": digest_of(data)}
    for path, name in (("data.personal", config.data.personal), ("start_from", config.start_from)):
        if name:
            values[path] = ""
            contents[path] = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    whole = {
        "settings": config.with_values(values).to_json(),
        "contents": contents,
        "parts": choose_parts(config, data.image_shape),
        "machine": machine(),
    }
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    return grouped(hashlib.sha256(text.encode()).hexdigest()[:DIGITS])


def grouped(digits: str) -> str:
    """ "7f3a91c2" -> "7f3a-91c2": so that two people can read it to each other."""
    return "-".join(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))


@lru_cache(maxsize=1)
def machine() -> dict[str, str]:
    """What the last bits of a sum depend on: who adds, on what, and on how many threads."""
    build: Any = np.show_config(mode="dicts")
    blas = build.get("Build Dependencies", {}).get("blas", {}) if isinstance(build, dict) else {}
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "NumPy": np.__version__,
        "BLAS": f"{blas.get('name', '?')} {blas.get('version', '')}".strip(),
        "BLAS threads": next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "1"),
        "OpenCV": cv2.__version__,
    }


def _processor() -> str:
    """Its model, by which BLAS chooses how to add; as much of it as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
