"""Checkpoints: weights, and all that is needed to go on training, in one .npz without pickles.

    header              JSON as uint8: format, config, classes, scaling, position, record, versions
    params/NAME         trained arrays ("params/0.conv.weight")
    tracked/NAME        running means and the like
    slots/SLOT/NAME     the optimizer's vectors, cut up by parameter
    average/NAME        running mean of the weights, where there is one

Arrays are stored by name, so a file stays readable when the layout of the vector changes, and any program that
reads .npz can use it.
"""

import json
import math
import platform
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array, Bytes
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.files import replace_file
from engine.layers import ShapeError
from engine.network import LayerSummary, Network, Pass
from engine.spec import SettingError

FORMAT = 1
HEADER_BYTES = 1_000_000
MOST_PARTS = 8  # threads; as TrainingConfig.parts
CHUNK = 500  # images that are predicted at once: large enough for BLAS, small enough for the cache


class CheckpointError(ValueError):
    """A file that is no checkpoint of ours, or a damaged one."""


@dataclass(frozen=True)
class Position:
    """Where in a run a checkpoint was taken, at a batch boundary."""

    step: int = 0  # optimizer updates made
    epoch: int = 0  # complete passes over the training images
    offset: int = 0  # images of the current pass that were used


@dataclass(frozen=True)
class Checkpoint:
    """What the file holds, as arrays by name and plain data."""

    config: TrainingConfig
    image_shape: tuple[int, int, int]
    classes: int
    scaling: Scaling
    position: Position
    params: dict[str, Array]
    tracked: dict[str, Array]
    slots: dict[str, dict[str, Array]] = field(default_factory=dict)
    average: dict[str, Array] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)  # best so far, early stopping, sums of the epoch
    parts: int = 1
    versions: dict[str, str] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """What the bits of a run depend on besides its config."""
    return {"numpy": np.__version__, "python": platform.python_version(), "machine": platform.machine()}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file, whole or not at all."""
    header = {
        "format": FORMAT,
        "config": checkpoint.config.to_json(),
        "image_shape": checkpoint.image_shape,
        "classes": checkpoint.classes,
        "scaling": asdict(checkpoint.scaling),
        "position": asdict(checkpoint.position),
        "record": checkpoint.record,
        "parts": checkpoint.parts,
        "versions": checkpoint.versions,
    }
    text = json.dumps(header, allow_nan=False).encode()
    arrays: dict[str, Any] = {"header": np.frombuffer(text, np.uint8)}
    arrays |= {f"params/{name}": array for name, array in checkpoint.params.items()}
    arrays |= {f"tracked/{name}": array for name, array in checkpoint.tracked.items()}
    arrays |= {f"average/{name}": array for name, array in checkpoint.average.items()}
    for slot, named in checkpoint.slots.items():
        arrays |= {f"slots/{slot}/{name}": array for name, array in named.items()}

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)

    replace_file(path, write)


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
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        raise CheckpointError(f"it has format {found!r}; this version reads format {FORMAT}.")
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

    def group(prefix: str, expected: dict[str, tuple[int, ...]]) -> dict[str, Array]:
        return {name: _read_array(file, f"{prefix}/{name}", shape) for name, shape in expected.items()}

    def there(prefix: str) -> bool:
        return any(name.startswith(f"{prefix}/") for name in names)

    return Checkpoint(
        config=config,
        image_shape=(height, width, channels),
        classes=classes,
        scaling=_scaling(header["scaling"]),
        position=_position(header["position"]),
        params=group("params", shapes),
        tracked=group("tracked", tracked),
        slots={s: group(f"slots/{s}", shapes) for s in config.optimizer.slot_names if there(f"slots/{s}")},
        average=group("average", shapes) if there("average") else {},
        record=_record(header["record"]),
        parts=_parts(header["parts"]),
        versions={str(key): str(value) for key, value in dict(header["versions"]).items()},
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


def copy_named(source: dict[str, Array], target: dict[str, Array]) -> None:
    """Copy arrays into those of the same name. Raises CheckpointError where names or shapes differ."""
    for name, array in target.items():
        if name not in source or source[name].shape != array.shape:
            found = source[name].shape if name in source else "missing"
            raise CheckpointError(f"{name} should be {array.shape}; in the checkpoint it is {found}.")
        array[...] = source[name]


class Model:
    """A trained network, ready to read images.

    >>> model = load_checkpoint("checkpoints/pretrained/lenet.npz")
    >>> model.predict(images).argmax(axis=1)            # images: uint8 (n, 28, 28)
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        self.classes = checkpoint.classes
        self.image_size = checkpoint.image_shape[0]
        try:
            self.network = Network(checkpoint.config.layers, checkpoint.image_shape)
        except (ShapeError, SettingError) as error:
            raise CheckpointError(f"the checkpoint's layers do not fit together: {error}") from None
        copy_named(checkpoint.average or checkpoint.params, self.network.named(self.network.vector))
        copy_named(checkpoint.tracked, self.network.tracked)

    def predict(self, images: Bytes) -> Array:
        """Probabilities float32 (n, classes) for uint8 images (n, height, width), 0 the background."""
        images = np.asarray(images)
        height, width, _ = self.checkpoint.image_shape
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (height, width):
            raise ValueError(
                f"predict expects uint8 images (n, {height}, {width}); got {images.dtype} {images.shape}. "
                f"For a drawing, use prepare_drawing(rgba, image_size={height}) first."
            )
        with np.errstate(all="ignore"):  # a network that diverged overflows; it then says nothing of any class
            shares = self.config.loss.probabilities(self.outputs(images))
        shares[~np.isfinite(shares).all(axis=1)] = 1 / self.classes
        return shares

    def outputs(self, images: Bytes) -> Array:
        """The last layer's outputs, float32 (n, classes)."""
        return run_network(self.network, images, self.checkpoint.scaling, self.network.new_pass())


def run_network(
    network: Network, images: Bytes, scaling: Scaling, through: Pass, after_chunk: Callable[[], None] | None = None
) -> Array:
    """Outputs for uint8 images, CHUNK at a time; a new array. after_chunk: called while the pass holds its answers."""
    outputs = np.empty((len(images), *network.output_shape), network.dtype)
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        x = scaling.apply(chunk, through.buffers["x", (*chunk.shape, 1)])
        outputs[start : start + CHUNK] = network.forward(x, through)
        if after_chunk is not None:
            after_chunk()
    return outputs


def load_checkpoint(path: str | Path) -> Model:
    """The trained network in a checkpoint file. Raises CheckpointError, which says what is wrong with it."""
    return Model(read_checkpoint(path))
