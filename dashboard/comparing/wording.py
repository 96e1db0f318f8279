"""Settings as people say them: "lenet · Adam 0.001 · batch 64". No streamlit."""

import functools
import re
from dataclasses import replace
from typing import Any

from dashboard.settings.own_files import shown_name
from engine.augment import Augmentation
from engine.config import TrainingConfig
from engine.layers import BatchNorm, Conv, Dense, Dropout, Layer
from engine.layers.activation import Activation
from engine.layers.pool import Pool
from engine.losses import CrossEntropy
from engine.optimizers import Optimizer
from engine.presets import PRESETS
from engine.schedules import Constant
from engine.spec import Settings, default_of, describe

SEPARATOR = " · "
PEOPLE = ("He", "Glorot")


def plain(name: str) -> str:
    """A name in code as words in a sentence: "BatchNorm" -> "batch norm"; "Adam" and "ReLU" stay as they are."""
    parts = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name.replace("_", " ")).split()
    if len(parts) == 1:
        return parts[0]
    return " ".join(part.lower() if part.istitle() and part not in PEOPLE else part for part in parts)


def number(value: float) -> str:
    """0.001 -> "0.001", 50000 -> "50,000", 3e-05 -> "3e-05"."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def value_words(value: Any) -> str:
    """Any setting's value, in its JSON form or as settings."""
    if isinstance(value, Settings):
        return settings_words(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(value_words(each) for each in value) or "none"
    return str(value) or "none"


def settings_words(value: Settings) -> str:
    """The class and those of its settings that are not as usual: "Shift (pixels 4)"."""
    told = [
        f"{name.replace('_', ' ')} {value_words(getattr(value, name))}"
        for name, _, _ in describe(type(value))
        if getattr(value, name) != default_of(type(value), name)
    ]
    return plain(type(value).__name__) + (f" ({', '.join(told)})" if told else "")


def layer_words(layer: Layer) -> str:
    """One layer: "conv 8, 5×5", "dense 32", "dropout 0.5", "ReLU"."""
    if isinstance(layer, Conv):
        stride = f", stride {layer.stride}" if layer.stride != 1 else ""
        return f"conv {layer.channels}, {layer.kernel}×{layer.kernel}{stride}"
    if isinstance(layer, Dense):
        return f"dense {layer.units}"
    if isinstance(layer, Dropout):
        return f"dropout {layer.drop:g}"
    if isinstance(layer, Pool):
        size = getattr(layer, "size", 0)
        return f"{plain(type(layer).__name__)} {size}×{size}" if size else plain(type(layer).__name__)
    return settings_words(layer)


def network_words(layers: tuple[Layer, ...]) -> str:
    """What of a network matters most: "conv 8, 16 · dense 32 · dropout 0.5". The output layer is left out."""
    convolutions = [str(layer.channels) for layer in layers if isinstance(layer, Conv)]
    dense = [str(layer.units) for layer in layers if isinstance(layer, Dense)][:-1]
    parts = [f"conv {', '.join(convolutions)}"] if convolutions else []
    parts += [f"dense {', '.join(dense)}"] if dense else []
    parts = parts or ["no hidden layer"]
    if any(isinstance(layer, BatchNorm) for layer in layers):
        parts.append("batch norm")
    drops = [f"{layer.drop:g}" for layer in layers if isinstance(layer, Dropout)]
    parts += [f"dropout {', '.join(drops)}"] if drops else []
    kinds = {type(layer).__name__ for layer in layers if isinstance(layer, Activation)} - {"ReLU"}
    return SEPARATOR.join([*parts, *(plain(kind) for kind in sorted(kinds))])


def optimizer_words(optimizer: Optimizer) -> str:
    """The optimizer and its learning rate: "Adam 0.001"."""
    return f"{type(optimizer).__name__} {optimizer.learning_rate:g}"


@functools.lru_cache(maxsize=2048)
def config_words(config: TrainingConfig) -> str:
    """A run's settings in one line: the network or the preset that has it, the optimizer, and what is unusual."""
    named = [preset for preset in PRESETS.values() if preset.config.layers == config.layers]
    whole = next((preset for preset in named if _as_preset(config) == _as_preset(preset.config)), None)
    if whole is not None:  # its name tells the rest
        source = [shown_name(config.data.source)] if config.data.source != whole.config.data.source else []
        return SEPARATOR.join([whole.name, optimizer_words(config.optimizer), f"batch {config.batch_size}", *source])
    parts = [named[0].name if named else network_words(config.layers), optimizer_words(config.optimizer)]
    parts.append(f"batch {config.batch_size}")
    usual = TrainingConfig()
    if config.data.source != usual.data.source:
        parts.append(shown_name(config.data.source))
    if config.data.train_images != usual.data.train_images:
        parts.append(f"{config.data.train_images:,} images")
    if config.data.label_noise:
        parts.append(f"label noise {config.data.label_noise:g}")
    if not isinstance(config.loss, CrossEntropy):
        parts.append(plain(type(config.loss).__name__))
    if not isinstance(config.schedule, Constant):
        parts.append(_lowered(config.schedule))
    if config.penalty.l2:
        parts.append(f"L2 {config.penalty.l2:g}")
    if config.augmentation:
        parts.append("augmented")
    if type(config.initializer) is not type(usual.initializer):
        parts.append(plain(type(config.initializer).__name__))
    return SEPARATOR.join(parts)


def _as_preset(config: TrainingConfig) -> TrainingConfig:
    """Without what a person chooses for any preset: seed, data of one's own, weights to begin with."""
    return replace(config, seed=1, start_from="", data=replace(config.data, source=""))


def augmentation_words(changes: tuple[Augmentation, ...]) -> str:
    """ "shift, rotate", or "none"."""
    return ", ".join(settings_words(each) for each in changes).lower() or "none"


def _lowered(value: Settings) -> str:
    return plain(type(value).__name__).lower()


def role(layer: Layer) -> str:
    """What a layer is for: layers of one role stand in one row when networks are compared."""
    if isinstance(layer, Activation):
        return "activation"
    if isinstance(layer, Pool):
        return "pooling"
    return plain(type(layer).__name__).lower()


def is_output(layers: tuple[Layer, ...], place: int) -> bool:
    """Whether this is the last layer with weights, whose size is the number of classes."""
    return isinstance(layers[place], Dense) and not any(isinstance(each, Dense) for each in layers[place + 1 :])
