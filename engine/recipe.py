"""All that is known to decide the bits of a run, in one digest: equal recipes, equal weights.

    recipe(config)      "3e07-c51a-88f2-0b4d", before anything is trained
    grouped(fingerprint(checkpoint))            the weights that came out, in the same form

A file's name says nothing of what is in it, and is another one on another computer: in its place stands a digest of
its contents. Any line of the engine may decide a bit, so another version of it makes another recipe, mostly for
nothing. What is done to a run while it trains is in no recipe.
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
from engine.datasets import DataError, changed_at, image_shape, load, named_file
from engine.stepping import choose_parts

GROUP, DIGITS = 4, 16


def recipe(config: TrainingConfig, parts: int = 0) -> str:
    """SHA-256 over settings, data, the engine's source, and what the machine rounds by. Loads the data.

    parts: that a run was trained with; 0: those that one would begin with here. Raises DataError, ShapeError or
    SettingError where the run could not begin.
    """
    source = config.data.source
    whole = {
        "settings": config.with_files("").to_json(),
        "data": _digest_of_data(source, changed_at(source)),
        "drawings": _digest_of_named(config.data.personal, "drawings"),
        "weights": _digest_of_named(config.start_from, "weights to begin with"),
        "parts": parts or choose_parts(config, image_shape(source)),
        "engine": _digest_of_engine(),
        "machine": machine(),
    }
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    return grouped(hashlib.sha256(text.encode()).hexdigest()[:DIGITS])


@lru_cache(maxsize=8)
def _digest_of_data(source: str, changed: int) -> str:
    """Of all images and labels, whatever the data set is called."""
    data = load(source)
    digest = hashlib.sha256(str(data.classes).encode())
    for array in (data.images, data.labels, data.test_images, data.test_labels, *(data.validation or ())):
        digest.update(f"{array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _digest_of_named(name: str, what: str) -> str:
    """Of a file that the settings name; "" where they name none. Raises DataError where it may not be read."""
    if not name:
        return ""
    path, changed = named_file(name, what)
    try:
        return _digest_of_file(path, changed)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from None


@lru_cache(maxsize=32)
def _digest_of_file(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _digest_of_engine() -> str:
    """Of the source of this engine, in which any line may decide a bit."""
    digest, root = hashlib.sha256(), Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()} {len(text)}\n".encode() + text)
    return digest.hexdigest()


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
        "C library": " ".join(platform.libc_ver()).strip() or "?",
    }


def _processor() -> str:
    """Its model, by which BLAS chooses how to add; as much of it as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
