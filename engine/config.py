"""The whole tree of settings of a run, and what may change while it trains."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath
from typing import Any

from engine.augment import Augmentation
from engine.initializers import HeNormal, Initializer
from engine.layers import Conv, Dense, Flatten, Layer, MaxPool, ReLU, ShapeError
from engine.limits import MEMORY, PARAMETERS, LimitError, amount
from engine.losses import CrossEntropy, Loss
from engine.network import LayerSummary, summarize
from engine.optimizers import Adam, Optimizer
from engine.schedules import Constant, Schedule
from engine.spec import SettingError, Settings, describe, option, set_path

FIXED = ("data",)  # nothing in it is live, though augmentations are elsewhere: it is made before training

LENET: tuple[Layer, ...] = (
    Conv(channels=8, kernel=5, padding="valid"),
    ReLU(),
    MaxPool(size=2),
    Conv(channels=16, kernel=5, padding="valid"),
    ReLU(),
    MaxPool(size=2),
    Flatten(),
    Dense(units=32),
    ReLU(),
    Dense(units=10),
)


@dataclass(frozen=True)
class DataConfig(Settings):
    """What is learned from. Validation images are taken out of the training images by the seed."""

    source: str = option("mnist", "mnist (28x28), mnist16 (MNIST shrunk to 16x16), or the path of a data file")
    train_images: int = option(
        50_000, "images to learn from; fewer make training faster and worse", low=10, high=1_000_000, log=True
    )
    validation_images: int = option(
        10_000,
        "images held back to see how well it does on what it has not seen",
        low=10,
        high=1_000_000,
        log=True,
    )
    scaling: str = option(
        "standard",
        "standard: pixels have mean 0 and variance 1 over the training images; unit: pixels from 0 to 1; none: as they "
        "are, from 0 to 255, which makes learning hard",
        choices=("standard", "unit", "none"),
    )
    label_noise: float = option(0.0, "share of the training labels that are replaced by random ones", low=0.0, high=1.0)
    leaked_images: int = option(
        0,
        "test images that take the place of training images: a mistake to learn from, for the test then tells nothing",
        low=0,
        high=1_000_000,
        log=True,
    )
    added_images: int = option(
        0,
        "changed copies of training images that are made once, before training, and added to them",
        low=0,
        high=1_000_000,
        log=True,
    )
    added_by: tuple[Augmentation, ...] = option((), "how the added images are changed")
    personal: str = option("", "file with a person's own drawings to mix in (a frozen one never changes); empty: none")
    personal_share: float = option(
        0.1,
        "share of the training images that are a person's own drawings, each of them repeated as often as it takes",
        low=0.01,
        high=0.9,
        label="Share of your drawings",
    )


@dataclass(frozen=True)
class Penalty(Settings):
    """What keeps weights small. Biases, scales and shifts are left alone."""

    l1: float = option(
        0.0, "L1: adds l1 sign(w) to the gradient; drives weights to 0", low=0.0, high=1.0, log=True, live=True
    )
    l2: float = option(
        0.0, "L2: adds l2 w to the gradient; keeps weights small", low=0.0, high=1.0, log=True, live=True
    )
    decoupled: float = option(
        0.0,
        "takes rate * decoupled * w off each weight, whatever the optimizer",
        low=0.0,
        high=10.0,
        log=True,
        live=True,
    )


@dataclass(frozen=True)
class Stopping(Settings):
    """When to stop before the last epoch, and which weights are kept."""

    patience: int = option(
        0,
        "epochs without a better validation accuracy after which training stops; 0: never",
        low=0,
        high=1000,
        live=True,
    )
    target_accuracy: float = option(
        0.0, "validation accuracy at which training stops; 0: never", low=0.0, high=1.0, live=True
    )
    keep: str = option(
        "best",
        "which weights the run ends with: of the best epoch, or the last",
        choices=("best", "last"),
        live=True,
    )


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """Everything that a run depends on. The same config gives the same bits on the same machine."""

    data: DataConfig = option(DataConfig(), "what is learned from")
    layers: tuple[Layer, ...] = option(LENET, "the network, from the image to the ten outputs")
    initializer: Initializer = option(HeNormal(), "what the weights are before training")
    loss: Loss = option(CrossEntropy(), "what training makes small")
    optimizer: Optimizer = option(Adam(), "the rule that changes the weights")
    schedule: Schedule = option(Constant(), "how the learning rate changes over the run")
    penalty: Penalty = option(Penalty(), "what keeps weights small")
    augmentation: tuple[Augmentation, ...] = option((), "random changes of each training image", live=True)
    batch_size: int = option(64, "images in one step", low=1, high=4096, log=True, live=True)
    epochs: int = option(10, "passes over the training images", low=1, high=10_000, log=True, live=True)
    max_steps: int = option(0, "steps after which training ends, if that is sooner; 0: no limit", low=0, high=10**9)
    seed: int = option(1, "where all randomness comes from: the same seed gives the same run", low=0, high=2**32 - 1)
    clip_norm: float = option(
        0.0, "longest gradient; longer ones are scaled down to it; 0: no limit", low=0.0, high=1e6, live=True
    )
    average: float = option(
        0.0,
        "share of the running mean of the weights that is kept at each step; 0: no mean",
        low=0.0,
        high=0.99999,
    )
    stopping: Stopping = option(Stopping(), "when to stop early")
    validate_every: int = option(
        0, "steps from one look at validation images to the next; 0: ten in each epoch", low=0, high=10**9
    )
    frozen: tuple[int, ...] = option((), "positions of the layers that do not learn, from 0", low=0, high=1000)
    start_from: str = option("", "checkpoint whose weights the run starts with; empty: new weights")
    parts: int = option(0, "threads that share each batch; 0: two where the network is large enough", low=0, high=8)

    def summary(self, input_shape: tuple[int, ...]) -> list[LayerSummary]:
        """Shapes and parameter counts of every layer. Raises ShapeError for a stack that cannot work."""
        return summarize(self.layers, input_shape, frozenset(self.frozen))

    def with_values(self, values: dict[str, Any]) -> "TrainingConfig":
        """A copy with settings changed by path: {"optimizer.learning_rate": 0.1}."""
        config = self
        for path, value in values.items():  # one after the other: optimizer=SGD, then optimizer.learning_rate=0.1
            data = config.to_json()
            set_path(data, path, value)
            config = TrainingConfig.from_json(data)
        return config

    def with_files(self, source: str, personal: str = "", start_from: str = "") -> "TrainingConfig":
        """A copy with other names in the three places that name files of a computer."""
        data = replace(self.data, source=source, personal=personal)
        return replace(self, data=data, start_from=start_from)


def without_paths(config: TrainingConfig) -> TrainingConfig:
    """The settings with names of files in place of their paths.

    Paths say who somebody is and where they work; and those that came from elsewhere name other files here.
    """
    return config.with_files(*map(_last_part, (config.data.source, config.data.personal, config.start_from)))


def _last_part(path: str) -> str:
    """Of a path of any system: Windows takes "/" as well, and knows drives. "" where it is no file's name."""
    name = PureWindowsPath(path).name
    return "" if name == ".." else name


@dataclass(frozen=True)
class Change:
    """One setting that differs between two configs. old and new are in JSON form."""

    path: str
    old: Any
    new: Any
    live: bool


def differences(old: Settings, new: Settings, path: str = "") -> Iterator[Change]:
    """Every setting that differs, as deep as the classes agree."""
    after = new.to_json()
    before = old.to_json()
    for name, _, details in describe(type(old)):
        here = f"{path}.{name}" if path else name
        a, b = getattr(old, name), getattr(new, name)
        if a == b:
            continue
        if name in FIXED:
            yield from (replace(change, live=False) for change in differences(a, b, here))
        elif isinstance(a, Settings) and type(a) is type(b):
            yield from differences(a, b, here)
        elif isinstance(a, tuple) and not details.live and [type(x) for x in a] == [type(x) for x in b]:
            for number, (x, y) in enumerate(zip(a, b, strict=True)):
                if isinstance(x, Settings):
                    yield from differences(x, y, f"{here}.{number}")
                elif x != y:
                    yield Change(here, before[name], after[name], details.live)
                    break
        else:
            yield Change(here, before[name], after[name], details.live)


def live_changes(old: TrainingConfig, new: TrainingConfig) -> list[Change]:
    """The differences, all of which may be applied while training. Raises SettingError at one that may not."""
    changes = list(differences(old, new))
    for change in changes:
        if not change.live:
            raise SettingError(
                change.path,
                f"cannot change from {change.old!r} to {change.new!r} while a run trains; start another run for it",
            )
    return changes


def check_network(config: TrainingConfig, image_shape: tuple[int, int, int], classes: int = 10) -> None:
    """Raise ShapeError or SettingError for a network that cannot be trained on such data here; allocates nothing."""
    rows = check_layers(config, image_shape, classes)
    try:
        check_size(config, rows)
    except LimitError as error:
        raise ShapeError(str(error)) from None


def check_layers(config: TrainingConfig, image_shape: tuple[int, int, int], classes: int) -> list[LayerSummary]:
    """The layers' summary. Raises as `check_network`, whatever the limits of training are: to read images is less."""
    if not config.layers:
        raise ShapeError("The network has no layers. Add at least a Flatten and a Dense layer.")
    rows = config.summary(image_shape)
    if rows[-1].output_shape != (classes,):
        raise ShapeError(
            f"The last layer gives {rows[-1].output_shape}; it must give one output for each of the {classes} "
            f"classes. End with Dense(units={classes}) with its own bias or none."
        )
    beyond = [number for number in config.frozen if number >= len(config.layers)]
    if beyond:
        raise SettingError("frozen", f"there is no layer {beyond[0]}; the last one is {len(config.layers) - 1}")
    if not any(row.parameters and row.trained for row in rows):
        raise ShapeError("No layer has weights to learn. Add a Dense or Conv layer, or freeze fewer layers.")
    return rows


def check_size(config: TrainingConfig, rows: list[LayerSummary]) -> None:
    """Raise LimitError for a network that is larger than this installation allows."""
    parameters = sum(row.parameters for row in rows)
    largest = max(rows, key=lambda row: row.parameters)
    PARAMETERS.check(
        parameters,
        f"The network has {parameters:,} parameters",
        f"{largest.name} has {largest.parameters:,} of them: make it smaller, or pool more before it.",
    )
    widest = max(rows, key=lambda row: math.prod(row.output_shape))
    needed = training_bytes(config, rows)
    MEMORY.check(
        needed,
        f"Training this network needs about {amount(needed)} of memory",
        f"Make the batches smaller, or {widest.name}, which gives {math.prod(widest.output_shape):,} numbers an image.",
    )


def training_bytes(config: TrainingConfig, rows: list[LayerSummary]) -> int:
    """Bytes of memory that training takes, about, and rather too many: found by measuring passes of many shapes.

    4 bytes for each parameter in the weights, the gradients of both hands, the optimizer's vectors, and the copies of
    all these that are saved; and 0.8 times what goes into and comes out of each layer, for every image of a batch.
    """
    vectors = 1 + len(config.optimizer.slot_names) + bool(config.average)
    arrays = 4 * sum(row.parameters for row in rows) * (2 * vectors + 3)
    numbers = sum(math.prod(row.input_shape) + math.prod(row.output_shape) for row in rows)
    return arrays + int(0.8 * 4 * config.batch_size * numbers)
