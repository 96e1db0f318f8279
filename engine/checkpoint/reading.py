"""Reads a checkpoint that anybody may have made, or damaged, and checks all of it."""

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.checkpoint.content import FORMAT, Checkpoint, CheckpointError, Position
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.network import LayerSummary
from engine.optimizers import Adam

HEADER_BYTES = 1_000_000
MOST_PARTS = 8  # threads; as TrainingConfig.parts


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read and check a file. Raises CheckpointError, which says what is wrong with it.

    The header's config tells which arrays there must be; nothing else is read, and no array before its shape
    was compared, so a file cannot make us allocate more than its network needs.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as file:
            return _assemble(file, _read_header(file))
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}.") from None
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}") from None
    except Exception as error:  # zipfile, its decompressors and NumPy raise what they like at damaged bytes
        raise CheckpointError(f"{path.name} is not a readable checkpoint: {str(error)[:300]}") from None


def _read_header(file: zipfile.ZipFile) -> dict[str, Any]:
    header = json.loads(_read_array(file, "header", None).tobytes())
    found = header.get("format") if isinstance(header, dict) else header
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise CheckpointError(f"it has format {found!r}; this version reads formats 1 to {FORMAT}.")
    return header


def _read_array(file: zipfile.ZipFile, name: str, shape: tuple[int, ...] | None) -> Array:
    """One member, after a look at its own header. shape None: the JSON header, bytes of bounded length."""
    with file.open(f"{name}.npy") as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise CheckpointError(f"{name} is in a newer .npy format than we write.")
        found, by_columns, dtype = np.lib.format.read_array_header_1_0(member)
        if shape is None:
            if dtype != np.uint8 or len(found) != 1 or found[0] > HEADER_BYTES:
                raise CheckpointError(f"its header is {dtype} {found}, not at most {HEADER_BYTES} bytes.")
        elif found != shape or dtype != np.float32 or by_columns:
            raise CheckpointError(f"{name} should be float32 {shape}; it is {dtype} {found}.")
        wanted = math.prod(found) * dtype.itemsize
        if file.getinfo(f"{name}.npy").file_size - member.tell() != wanted:
            raise CheckpointError(f"{name} is cut short.")
        array: Array = np.frombuffer(member.read(wanted), dtype).reshape(found)
    if shape is not None and not np.isfinite(array).all():
        raise CheckpointError(f"{name} holds numbers that are not finite.")
    return array


def _assemble(file: zipfile.ZipFile, header: dict[str, Any]) -> Checkpoint:
    config = TrainingConfig.from_json(header["config"])
    height, width, channels = (int(extent) for extent in header["image_shape"])
    if not (1 <= height <= 512 and 1 <= width <= 512 and channels == 1):
        raise CheckpointError(f"an image shape of {(height, width, channels)} is not supported.")
    classes = int(header["classes"])
    rows = config.summary((height, width, channels))
    if not rows or rows[-1].output_shape != (classes,):
        raise CheckpointError(f"its layers do not end in one output for each of {classes} classes.")
    shapes, tracked = expected_shapes(rows, config)
    names = file.namelist()
    position = _position(header["position"])

    def group(prefix: str, expected: dict[str, tuple[int, ...]]) -> dict[str, Array]:
        return {name: _read_array(file, f"{prefix}/{name}", shape) for name, shape in expected.items()}

    def there(prefix: str) -> bool:
        return any(name.startswith(f"{prefix}/") for name in names)

    slots = {s: group(f"slots/{s}", shapes) for s in config.optimizer.slot_names if there(f"slots/{s}")}
    return Checkpoint(
        config=config,
        image_shape=(height, width, channels),
        classes=classes,
        scaling=_scaling(header["scaling"]),
        position=position,
        params=group("params", shapes),
        tracked=group("tracked", tracked),
        slots=slots if header["format"] > 1 else _without_factors(slots, config),
        slots_began=_slots_began(header.get("slots_began", 0), position),
        average=group("average", shapes) if there("average") else {},
        record=_record(header["record"]),
        parts=_parts(header["parts"]),
        versions={str(key): str(value) for key, value in dict(header["versions"]).items()},
        data=str(header.get("data", "")),
    )


def _scaling(data: Any) -> Scaling:
    scaling = Scaling(float(data["mean"]), float(data["deviation"]))
    if not (math.isfinite(scaling.mean) and 0 < scaling.deviation < math.inf):
        raise CheckpointError(f"the pixel scaling {scaling} is not usable.")
    return scaling


def _position(data: Any) -> Position:
    position = Position(int(data["step"]), int(data["epoch"]), int(data["offset"]))
    if min(position.step, position.epoch, position.offset) < 0:
        raise CheckpointError(f"there is no such position in a run: {position}.")
    return position


def _slots_began(data: Any, position: Position) -> int:
    if not 0 <= int(data) <= position.step:
        raise CheckpointError(f"slots_began must be from 0 to the {position.step} steps made; got {data!r}.")
    return int(data)


def _without_factors(slots: dict[str, dict[str, Array]], config: TrainingConfig) -> dict[str, dict[str, Array]]:
    """Slots of format 1, in which those of Adam were m and v themselves, as they are kept now (see optimizers.Adam)."""
    optimizer = config.optimizer
    if not isinstance(optimizer, Adam):
        return slots
    factors = {"m": np.float32(1 - optimizer.momentum), "v": np.float32(1 - optimizer.decay)}
    return {slot: {name: array / factors[slot] for name, array in named.items()} for slot, named in slots.items()}


def _parts(data: Any) -> int:
    if not 1 <= int(data) <= MOST_PARTS:
        raise CheckpointError(f"parts must be from 1 to {MOST_PARTS}; got {data!r}.")
    return int(data)


def _record(data: Any) -> dict[str, Any]:
    """Numbers by name, two of them groups of numbers; null for an infinity."""

    def numbers(values: Any) -> bool:
        return all(value is None or isinstance(value, int | float) for value in values)

    groups = [value for value in data.values() if isinstance(value, dict)]
    single = [value for value in data.values() if not isinstance(value, dict)]
    if not numbers(single) or not all(numbers(group.values()) for group in groups):
        raise CheckpointError("its record of the run holds something else than numbers.")
    return dict(data)


def expected_shapes(
    rows: list[LayerSummary], config: TrainingConfig
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Shapes of the trained and of the tracked arrays, by name, from the layers alone."""
    params: dict[str, tuple[int, ...]] = {}
    tracked: dict[str, tuple[int, ...]] = {}
    for row, layer in zip(rows, config.layers, strict=True):
        for key, details in layer.parameters(row.input_shape).items():
            params[f"{row.name}.{key}"] = details.shape
        for key, details in layer.tracked(row.input_shape).items():
            tracked[f"{row.name}.{key}"] = details.shape
    return params, tracked
