"""Reads a checkpoint that anybody may have made, or damaged, and checks all of it."""

import errno
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.checkpoint import fields
from engine.checkpoint.content import FORMAT, Checkpoint, CheckpointError, PassingError
from engine.config import TrainingConfig, check_layers
from engine.layers import ShapeError
from engine.limits import PARAMETERS, LimitError
from engine.network import LayerSummary
from engine.npy import NpyError, read_layout, why_damaged
from engine.optimizers import Adam
from engine.problems import printable, shown, why_no_json
from engine.spec import SettingError

HEADER_BYTES = 1_000_000
MOST_NUMBERS = 1 << 26  # that the layers give for one image, or hold as weights: 256 MB
OF_DAMAGE = (None, errno.EINVAL, errno.EISDIR)  # zipfile seeks to where a damaged file sends it


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read and check a file. Raises CheckpointError, which says what is wrong with it; PassingError if that may pass.

    The header's config tells which arrays there must be; nothing else is read, and no array before its shape
    was compared, so a file cannot make us allocate more than its network needs.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as file:
            return _assemble(file, _read_header(file))
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}.") from None
    except (CheckpointError, NpyError) as error:
        raise CheckpointError(f"{path.name}: {error}") from None
    except LimitError as error:  # it is no number
        raise PassingError(f"{path.name} cannot be read: {error}") from None
    except (SettingError, ShapeError) as error:
        raise CheckpointError(f"{path.name}: its settings cannot be used: {error}") from None
    except Exception as error:  # zipfile, its decompressors and NumPy raise what they like at damaged bytes
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno not in OF_DAMAGE):
            raise PassingError(f"{path.name} cannot be read: {why_damaged(error)}.") from None
        raise CheckpointError(f"{path.name} is not a readable checkpoint: {why_damaged(error)}.") from None


def _read_header(file: zipfile.ZipFile) -> dict[str, Any]:
    text = _read_array(file, "header", None).tobytes()
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"its header is damaged: {why_no_json(error)}.") from None
    found = header.get("format") if isinstance(header, dict) else header
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise CheckpointError(f"it has format {shown(found)}; this version reads formats 1 to {FORMAT}.")
    return header


def _read_array(file: zipfile.ZipFile, name: str, shape: tuple[int, ...] | None) -> Array:
    """One member, after a look at its own header. shape None: the JSON header, bytes of bounded length."""
    with file.open(f"{name}.npy") as member:
        layout = read_layout(member, name)
        found, dtype = layout.shape, layout.dtype
        if shape is None:
            if dtype != np.uint8 or len(found) != 1 or found[0] > HEADER_BYTES:
                raise CheckpointError(f"its header is {dtype} {found}, not at most {HEADER_BYTES} bytes.")
        elif found != shape or dtype != np.float32 or (layout.by_columns and len(shape) > 1):
            raise CheckpointError(f"{name} should be float32 {shape}; it is {dtype} {found}.")
        wanted = layout.nbytes
        data = member.read(wanted) if file.getinfo(f"{name}.npy").file_size - member.tell() == wanted else b""
        if len(data) != wanted:
            raise CheckpointError(f"{name} should hold {wanted:,} bytes; it holds more or less.")
        array: Array = np.frombuffer(data, dtype).reshape(found)
    if shape is not None and not np.isfinite(array).all():
        raise CheckpointError(f"{name} holds numbers that are not finite.")
    return array


def _assemble(file: zipfile.ZipFile, header: dict[str, Any]) -> Checkpoint:
    config = TrainingConfig.from_json(fields.part(header, "config"))
    shape = fields.image_shape(header)
    classes = fields.whole(fields.part(header, "classes"), "classes", 1, fields.MOST_CLASSES)
    rows = _rows(config, shape, classes)
    shapes, tracked = expected_shapes(rows, config)
    names = file.namelist()
    position = fields.position(header)

    def group(prefix: str, expected: dict[str, tuple[int, ...]]) -> dict[str, Array]:
        return {name: _read_array(file, f"{prefix}/{name}", shape) for name, shape in expected.items()}

    def there(prefix: str) -> bool:
        return any(name.startswith(f"{prefix}/") for name in names)

    slots = {s: group(f"slots/{s}", shapes) for s in config.optimizer.slot_names if there(f"slots/{s}")}
    return Checkpoint(
        config=config,
        image_shape=shape,
        classes=classes,
        scaling=fields.scaling(header),
        position=position,
        params=group("params", shapes),
        tracked=group("tracked", tracked),
        slots=slots if header["format"] > 1 else _without_factors(slots, config),
        slots_began=fields.whole(header.get("slots_began", 0), "slots_began", 0, position.step),
        average=group("average", shapes) if there("average") else {},
        record=fields.record(header),
        parts=fields.whole(fields.part(header, "parts"), "parts", 1, fields.MOST_PARTS),
        versions=fields.texts(fields.part(header, "versions"), "versions"),
        data=str(header.get("data", ""))[:200],
        command=printable(str(header.get("command", ""))),
    )


def _rows(config: TrainingConfig, shape: tuple[int, int, int], classes: int) -> list[LayerSummary]:
    """The layers, once it is clear that neither their weights nor what they give for an image fill the memory."""
    rows = check_layers(config, shape, classes)
    weights, most = sum(row.parameters for row in rows), max(MOST_NUMBERS, PARAMETERS.value())
    if weights > most:
        raise CheckpointError(f"its layers have {weights:,} weights; {most:,} are the most.")
    numbers = sum(math.prod(row.output_shape) for row in rows)
    if numbers > MOST_NUMBERS:
        raise CheckpointError(
            f"its layers give {numbers:,} numbers for an image of {shape[0]}x{shape[1]}; {MOST_NUMBERS:,} are the most."
        )
    return rows


def _without_factors(slots: dict[str, dict[str, Array]], config: TrainingConfig) -> dict[str, dict[str, Array]]:
    """Slots of format 1, in which those of Adam were m and v themselves, as they are kept now (see optimizers.Adam)."""
    optimizer = config.optimizer
    if not isinstance(optimizer, Adam):
        return slots
    factors = {"m": np.float32(1 - optimizer.momentum), "v": np.float32(1 - optimizer.decay)}
    return {slot: {name: array / factors[slot] for name, array in named.items()} for slot, named in slots.items()}


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
