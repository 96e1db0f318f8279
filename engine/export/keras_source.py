"""The network, its weights and its training as Keras source (Keras 3, with TensorFlow, JAX or PyTorch below it)."""

from collections.abc import Iterator
from typing import Any

from engine.augment import Augmentation
from engine.checkpoint import Model
from engine.config import Penalty, TrainingConfig
from engine.export.keras_parts import AUGMENTATIONS, LAYERS, SCRIPT
from engine.export.plan import Stage, pixel_line, stages
from engine.export.source import augmentation_in_words, comments, in_docstring, schedule_source, settings_notes
from engine.initializers import Initializer
from engine.losses import MeanSquaredError
from engine.optimizers import Adam, Optimizer, RMSProp
from engine.spec import describe


def keras_source(model: Model, name: str, stem: str) -> bytes:
    """The source, UTF-8. stem: the file's name without its end; the weights are to lie beside it as STEM.npz."""
    config, all_stages = model.config, stages(model)
    lines = [line for stage in all_stages for line in _layers(stage, config.frozen)]
    factor, constant = pixel_line(model)
    height, width, _ = model.checkpoint.image_shape
    optimizer, penalty = config.optimizer, config.penalty
    text = SCRIPT.format(
        title=in_docstring(name),
        stem=in_docstring(stem),
        height=height,
        width=width,
        classes=model.classes,
        custom="\n".join(["", *(LAYERS[each] for each in LAYERS if any(f"{each}(" in line for line in lines))]),
        layers="\n".join(f"            {line}," for line in lines),
        weights="\n".join(_weights(stage) for stage in all_stages if stage.arrays),
        factor=factor,
        constant=constant,
        probabilities=MSE_SHARES if isinstance(config.loss, MeanSquaredError) else SOFTMAX,
        notes=comments(_notes(config)),
        learning_rate=optimizer.learning_rate,
        batch_size=config.batch_size,
        epochs=config.epochs,
        penalty=_penalty(penalty),
        initializer=_initializer(config.initializer),
        schedule=schedule_source(config.schedule),
        total=f"min(epochs * in_epoch, {config.max_steps})" if config.max_steps else "epochs * in_epoch",
        optimizer=_optimizer(config),
        targets=_targets(config, model.classes),
        loss=_loss(config),
    )
    return text.encode()


SOFTMAX = "    return keras.ops.convert_to_numpy(keras.ops.softmax(outputs))"
MSE_SHARES = """\
    positive = np.maximum(outputs, 0)  # learned with squared error, the outputs are no probabilities
    total = positive.sum(axis=1, keepdims=True)
    return np.where(total > 0, positive / np.where(total > 0, total, 1), 1 / outputs.shape[1])"""


def _name(stage: Stage) -> str:
    return f"{stage.kind.lower()}_{stage.number}"


def _layers(stage: Stage, frozen: tuple[int, ...]) -> Iterator[str]:
    """Source of the Keras layers for one layer."""
    layer: Any = stage.layer
    fixed = stage.number in frozen
    named = f'name="{_name(stage)}"' + (", trainable=False" if fixed else "")
    match stage.kind:
        case "Conv":
            before, after = stage.pads
            if before or after:  # Keras' own "same" pads otherwise where the stride is not 1
                yield f"layers.ZeroPadding2D((({before}, {after}), ({before}, {after})))"
            bias = "" if layer.bias else ", use_bias=False"
            yield f"layers.Conv2D({layer.channels}, {layer.kernel}, strides={layer.stride}{bias}, **weights(), {named})"
        case "Dense":
            bias = "" if layer.bias == "separate" else ", use_bias=False"
            yield f"layers.Dense({layer.units}{bias}, **weights(), {named})"
            if layer.bias == "unit":
                yield "AppendOne()"
        case "MaxPool" | "AvgPool":
            kind = "MaxPooling2D" if stage.kind == "MaxPool" else "AveragePooling2D"
            yield f"layers.{kind}({layer.size}, strides={layer.stride or layer.size})"
        case "BatchNorm":
            yield f"layers.BatchNormalization(momentum={1 - layer.momentum!r}, epsilon={layer.epsilon!r}, {named})"
        case "Dropout":
            yield _dropout(layer, fixed)
        case "LeakyReLU":
            yield f"layers.LeakyReLU({layer.slope!r})"
        case "GELU":
            yield "TanhGELU()"
        case "Identity" | "Flatten" | "ReLU" | "Softmax":
            yield f"layers.{stage.kind}()"
        case _:  # Sigmoid, Tanh
            yield f'layers.Activation("{stage.kind.lower()}")'


def _dropout(layer: Any, fixed: bool) -> str:
    """A frozen Dropout leaves nothing out; Keras has no such thing."""
    if layer.scale == "test":
        return f"layers.Rescaling({1 - layer.drop!r})" if fixed else f"DropoutScaledAtTest({layer.drop!r})"
    return "layers.Identity()" if fixed else f"layers.Dropout({layer.drop!r})"


def _weights(stage: Stage) -> str:
    """One entry of the table that `load` follows, in the order in which Keras keeps a layer's arrays."""
    if stage.kind == "BatchNorm":
        names = [f"params/{stage.name}.scale", f"params/{stage.name}.shift"]
        names += [f"tracked/{stage.name}.mean", f"tracked/{stage.name}.var"]
    else:
        names = [f"params/{stage.name}.{key}" for key in ("weight", "bias") if key in stage.arrays]
    listed = ", ".join(f'"{name}"' for name in names)
    return f'    "{_name(stage)}": [{listed}],'


def _initializer(initializer: Initializer) -> str:
    settings = {name: getattr(initializer, name) for name, _, _ in describe(type(initializer))}
    return {
        "HeNormal": 'VarianceScaling(2.0, "fan_in", "untruncated_normal")',
        "HeUniform": 'VarianceScaling(2.0, "fan_in", "uniform")',
        "GlorotNormal": 'VarianceScaling(1.0, "fan_avg", "untruncated_normal")',
        "GlorotUniform": 'VarianceScaling(1.0, "fan_avg", "uniform")',
        "ScaledNormal": "RandomNormal({mean!r}, {deviation!r})",
        "Zeros": "Zeros()",
    }[type(initializer).__name__].format(**settings)


def _penalty(penalty: Penalty) -> str:
    """Keras adds l2 w^2 to the loss, Inkling l2 w to the gradient: half as much there."""
    return f"keras.regularizers.L1L2({penalty.l1!r}, {penalty.l2 / 2!r})" if penalty.l1 or penalty.l2 else "None"


def _optimizer(config: TrainingConfig) -> str:
    optimizer = config.optimizer
    settings = {name: getattr(optimizer, name) for name, _, _ in describe(type(optimizer))}
    source = {
        "SGD": "SGD(rate",
        "Momentum": "SGD(rate, momentum={momentum!r}",
        "Nesterov": "SGD(rate, momentum={momentum!r}, nesterov=True",
        "RMSProp": "RMSprop(rate, rho={decay!r}, epsilon={epsilon!r}",
        "Adam": "Adam(rate, beta_1={momentum!r}, beta_2={decay!r}, epsilon={epsilon!r}",
        "AdamW": "Adam(rate, beta_1={momentum!r}, beta_2={decay!r}, epsilon={epsilon!r}",
    }[type(optimizer).__name__].format(**settings)
    decoupled = config.penalty.decoupled + optimizer.decoupled_decay
    more = [f"weight_decay={decoupled!r}"] if decoupled else []
    more += [f"global_clipnorm={config.clip_norm!r}"] if config.clip_norm else []
    more += [f"use_ema=True, ema_momentum={config.average!r}"] if config.average else []
    lines = [f"    optimizer = keras.optimizers.{', '.join([source, *more])})"]
    if decoupled:
        lines.append('    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])')
    return "\n".join(lines)


def _targets(config: TrainingConfig, classes: int) -> str:
    smoothing = config.loss.label_smoothing
    smoothed = f" * {1 - smoothing!r} + {smoothing / classes!r}" if smoothing else ""
    return f"keras.utils.to_categorical(labels, {classes}){smoothed}"


def _loss(config: TrainingConfig) -> str:
    if isinstance(config.loss, MeanSquaredError):
        return "keras.losses.MeanSquaredError()"
    return "keras.losses.CategoricalCrossentropy(from_logits=True)"


def _notes(config: TrainingConfig) -> Iterator[str]:
    yield from settings_notes(config)
    if config.augmentation:
        yield (
            "Each training image was changed anew whenever it was seen, with black around it. Keras' nearest layers, "
            'which go before Rescaling, with fill_mode="constant":'
        )
        yield from (f"- {_augmentation(each)}" for each in config.augmentation)
    if config.max_steps:
        yield f"Inkling makes {config.max_steps} steps at most; Keras goes on to the end of the epoch."
    yield from _differences(config.optimizer, config.average)


def _augmentation(augmentation: Augmentation) -> str:
    near = AUGMENTATIONS.get(type(augmentation).__name__, "").format(**augmentation.to_json())
    return f"{augmentation_in_words(augmentation)}: {near or 'nothing like it'}"


def _differences(optimizer: Optimizer, average: float) -> Iterator[str]:
    """Where Keras does the same by another formula."""
    if isinstance(optimizer, RMSProp):
        yield "Keras' RMSprop divides by sqrt(s + epsilon), Inkling's by sqrt(s) + epsilon."
    if isinstance(optimizer, Adam):
        yield "Keras' Adam adds epsilon before it corrects the mean square for its start, Inkling's after."
    if type(optimizer).__name__ in ("Momentum", "Nesterov"):
        yield "Keras multiplies each gradient by its own step's learning rate, Inkling the whole velocity by today's."
    if average:
        yield "The mean of the weights forgets the first steps sooner in Inkling."
