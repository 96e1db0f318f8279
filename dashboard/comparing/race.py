"""What can be raced: variants of one run's settings that differ in one thing, side by side. No streamlit."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dashboard.comparing.contrasts import contrasts
from dashboard.comparing.wording import SEPARATOR, config_words, number, optimizer_words, plain, settings_words
from engine.augment import Augmentation, Rotate, Shift, Zoom
from engine.config import TrainingConfig
from engine.initializers import Initializer
from engine.layers import BatchNorm, Conv, Dense, Dropout, Layer
from engine.layers.activation import Activation
from engine.losses import Loss
from engine.optimizers import SGD, Momentum, Optimizer
from engine.saying import ENGLISH, Language
from engine.schedules import Schedule
from engine.spec import SettingError

MOST_LANES = 4
LONGEST_NAME = 40
Choices = dict[str, TrainingConfig]


@dataclass(frozen=True)
class Lane:
    """One competitor."""

    name: str
    config: TrainingConfig


@dataclass(frozen=True)
class Variant:
    """One thing that may differ.

    choices   settings -> the settings with each value of it, by name; the first few are what one tries first
    typed     a value that somebody typed -> settings; None where there is nothing to type
    called    what a competitor with a number for its value is called: "rate {}"
    """

    name: str
    help: str
    choices: Callable[[TrainingConfig], Choices]
    typed: Callable[[TrainingConfig, str], TrainingConfig] | None = None
    called: str = "{}"

    def lane(self, base: TrainingConfig, label: str) -> Lane:
        """The competitor with this value. Raises SettingError for one that it cannot have."""
        found = self.choices(base).get(label)
        if found is None and self.typed is not None:
            found = self.typed(base, label)
        if found is None:
            raise SettingError(self.name, f"there is no {label!r} to choose from")
        return Lane(self.called.format(label) if label[:1].isdecimal() else label, found)


def lanes_of(configs: Sequence[TrainingConfig], names: Sequence[str] = (), say: Language = ENGLISH) -> list[Lane]:
    """Settings of runs as competitors. Without a name of its own one is called by what is different in it."""
    rows = [each for each in contrasts(configs) if each.name not in ("Seed", "Epochs")]
    lanes: list[Lane] = []
    for place, config in enumerate(configs):
        given = names[place] if place < len(names) else ""
        told = SEPARATOR.join(row.values[place] for row in rows[:3]) or config_words(config)
        name = (given or say(told))[:LONGEST_NAME]
        taken = sum(1 for lane in lanes if lane.name.split(" #")[0] == name)
        lanes.append(Lane(f"{name} #{taken + 1}" if taken else name, config))
    return lanes


def fair(lanes: Iterable[Lane], epochs: int, seed: int) -> list[Lane]:
    """All with the same seed, hence the same first weights and the same images in each batch, and equally long."""
    return [replace(lane, config=replace(lane.config, seed=seed, epochs=epochs)) for lane in lanes]


def _values(path: str, values: Sequence[float]) -> Callable[[TrainingConfig], Choices]:
    return lambda base: {number(value): base.with_values({path: value}) for value in values}


def _typed(path: str) -> Callable[[TrainingConfig, str], TrainingConfig]:
    def typed(base: TrainingConfig, text: str) -> TrainingConfig:
        try:
            value = float(text.replace(",", ""))
        except ValueError:
            raise SettingError("", f"{text[:40]!r} is no number") from None
        return base.with_values({path: value})

    return typed


def _rates(base: TrainingConfig) -> Choices:
    rate = base.optimizer.learning_rate
    values = [float(f"{rate * factor:.2g}") for factor in (0.1, 1, 10, 0.3, 3)]
    return {number(value): base.with_values({"optimizer.learning_rate": value}) for value in values if value <= 10}


def _optimizers(base: TrainingConfig) -> Choices:
    """Each with its usual settings, the base's own with those that it has.

    A velocity adds up 1 / (1 - 0.9) = 10 steps: with momentum the rate is a tenth of that of plain descent, so that
    both go as far.
    """
    members = Optimizer.members()
    rolling = {"learning_rate": SGD().learning_rate / 10}
    usual = {name: cls(**(rolling if issubclass(cls, Momentum) else {})) for name, cls in members.items()}
    order = ["SGD", "Momentum", "Adam", *members]
    found = (base.optimizer if type(base.optimizer) is members[name] else usual[name] for name in order)
    return {optimizer_words(each): replace(base, optimizer=each) for each in found}


def _family(name: str, family: type[Loss] | type[Schedule] | type[Initializer]) -> Callable[[TrainingConfig], Choices]:
    def choices(base: TrainingConfig) -> Choices:
        own = getattr(base, name)
        members = [own, *(cls() for cls in family.members().values() if cls is not type(own))]
        return {settings_words(each): base.with_values({name: each.to_json()}) for each in members}

    return choices


def _normalized(base: TrainingConfig) -> Choices:
    """Batch normalization after each convolution and each hidden dense layer, or nowhere."""
    without = _relayered(
        base, [(at, layer) for at, layer in enumerate(base.layers) if not isinstance(layer, BatchNorm)]
    )
    if any(isinstance(layer, BatchNorm) for layer in base.layers):
        return {"without batch norm": without, "with batch norm": base}
    output = _output(base.layers)
    stack: list[tuple[int | None, Layer]] = []
    for at, layer in enumerate(base.layers):
        stack.append((at, layer))
        if isinstance(layer, Conv | Dense) and at != output:
            stack.append((None, BatchNorm()))
    return {"without batch norm": without, "with batch norm": _relayered(base, stack)}


def _dropout(base: TrainingConfig, share: float) -> TrainingConfig:
    """All dropout layers with this share; one before the output where there is none; none at all for 0."""
    here = list(enumerate(base.layers))
    if share == 0:
        return _relayered(base, [(at, layer) for at, layer in here if not isinstance(layer, Dropout)])
    if any(isinstance(layer, Dropout) for _, layer in here):
        changed = tuple(replace(x, drop=share) if isinstance(x, Dropout) else x for x in base.layers)
        return replace(base, layers=changed)
    output = _output(base.layers)
    return _relayered(base, [*here[:output], (None, Dropout(drop=share)), *here[output:]])


def _dropouts(base: TrainingConfig) -> Choices:
    return {"no dropout" if share == 0 else f"{share:g}": _dropout(base, share) for share in (0.0, 0.2, 0.5, 0.1, 0.35)}


def _typed_dropout(base: TrainingConfig, text: str) -> TrainingConfig:
    try:
        return _dropout(base, float(text))
    except ValueError:
        raise SettingError("", f"dropout is a share from 0 to 0.95; got {text[:40]!r}") from None


def _activations(base: TrainingConfig) -> Choices:
    """Another activation in place of all of them."""
    classes = [cls for name, cls in Activation.members().items() if name not in ("Softmax", "Identity")]
    return {
        plain(cls.__name__): replace(
            base, layers=tuple(cls() if isinstance(layer, Activation) else layer for layer in base.layers)
        )
        for cls in classes
    }


def _widths(base: TrainingConfig) -> Choices:
    output = _output(base.layers)

    def scaled(factor: float) -> TrainingConfig:
        layers = list(base.layers)
        for at, layer in enumerate(layers):
            if isinstance(layer, Conv):
                layers[at] = replace(layer, channels=min(max(round(layer.channels * factor), 1), 512))
            elif isinstance(layer, Dense) and at != output:
                layers[at] = replace(layer, units=min(max(round(layer.units * factor), 1), 4096))
        return replace(base, layers=tuple(layers))

    names = {"half as wide": 0.5, "as it is": 1.0, "twice as wide": 2.0, "four times as wide": 4.0}
    return {name: scaled(factor) for name, factor in names.items()}


def _augmentations(base: TrainingConfig) -> Choices:
    steps: tuple[Augmentation, ...] = (Shift(), Rotate(), Zoom())
    found = {
        ", ".join(plain(type(x).__name__).lower() for x in steps[:count]) or "no augmentation": steps[:count]
        for count in range(4)
    }
    if base.augmentation:
        found["the run's own"] = base.augmentation
    return {name: replace(base, augmentation=changes) for name, changes in found.items()}


def _output(layers: Sequence[Layer]) -> int:
    """Where the last dense layer is; the end if there is none."""
    return next((at for at in reversed(range(len(layers))) if isinstance(layers[at], Dense)), len(layers))


def _relayered(base: TrainingConfig, stack: Sequence[tuple[int | None, Layer]]) -> TrainingConfig:
    """The settings with other layers; (where it was, layer). Layers that do not learn are still the same ones."""
    frozen = tuple(now for now, (before, _) in enumerate(stack) if before in base.frozen)
    return replace(base, layers=tuple(layer for _, layer in stack), frozen=frozen)


@functools.cache
def variants() -> dict[str, Variant]:
    """All that can be raced, by name."""
    found = (
        Variant("Optimizer", "Each with its usual learning rate.", _optimizers),
        Variant(
            "Learning rate", "Too small crawls, too large jumps.", _rates, _typed("optimizer.learning_rate"), "rate {}"
        ),
        Variant("Batch normalization", "After each convolution and hidden dense layer, or nowhere.", _normalized),
        Variant(
            "Dropout", "Share of the units that is switched off in training.", _dropouts, _typed_dropout, "dropout {}"
        ),
        Variant(
            "Batch size",
            "Images in one step. Small batches make more steps in an epoch: compare by epochs or time.",
            _values("batch_size", (16, 64, 256, 32, 128, 512)),
            _typed("batch_size"),
            "batch {}",
        ),
        Variant("Activation", "What bends the sums: without it all layers were one.", _activations),
        Variant("Width", "More or fewer channels and units in all hidden layers.", _widths),
        Variant("Initializer", "What the weights are before training.", _family("initializer", Initializer)),
        Variant("Learning rate schedule", "How the rate changes over the run.", _family("schedule", Schedule)),
        Variant("Loss", "What training makes small.", _family("loss", Loss)),
        Variant(
            "L2 penalty",
            "Keeps weights small.",
            _values("penalty.l2", (0, 1e-4, 1e-3, 1e-5)),
            _typed("penalty.l2"),
            "L2 {}",
        ),
        Variant("Augmentation", "Random changes of each training image.", _augmentations),
        Variant(
            "Training images",
            "More to learn from make an epoch longer: compare by steps or time.",
            _values("data.train_images", (1_000, 5_000, 20_000, 50_000)),
            _typed("data.train_images"),
            "{} images",
        ),
    )
    return {each.name: each for each in found}
