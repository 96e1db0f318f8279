"""The network, its weights and its training as PyTorch source."""

from typing import Any

from engine.augment import Augmentation
from engine.checkpoint import Model
from engine.config import TrainingConfig
from engine.export.plan import Stage, pixel_line, stages
from engine.export.pytorch_parts import AFFINE, AUGMENT, BENDING, MODULES, PIXELS, SCRIPT
from engine.export.source import comments, in_docstring, schedule_source, settings_notes
from engine.initializers import Initializer
from engine.losses import MeanSquaredError
from engine.optimizers import Optimizer
from engine.spec import describe


def pytorch_source(model: Model, name: str, stem: str) -> bytes:
    """The source, UTF-8. stem: the file's name without its end; the weights are to lie beside it as STEM.npz."""
    config, all_stages = model.config, stages(model)
    modules = [(stage, *_module(stage)) for stage in all_stages]
    lines = [f"            {code},  # {stage.name} {stage.output_shape}" for stage, code, _ in modules]
    weights = [f'    "{stage.number}{inner}": "{stage.name}",' for stage, _, inner in modules if stage.arrays]
    factor, constant = pixel_line(model)
    height, width, _ = model.checkpoint.image_shape
    text = SCRIPT.format(
        title=in_docstring(name),
        stem=in_docstring(stem),
        height=height,
        width=width,
        classes=model.classes,
        modules="\n".join(["", *(MODULES[each] for each in MODULES if any(each in line for line in lines))]),
        layers="\n".join(lines),
        weights="\n".join(weights),
        factor=factor,
        constant=constant,
        probabilities=MSE_SHARES if isinstance(config.loss, MeanSquaredError) else SOFTMAX,
        notes=comments(settings_notes(config)),
        learning_rate=config.optimizer.learning_rate,
        batch_size=config.batch_size,
        epochs=config.epochs,
        initialize=_initialize(config.initializer),
        schedule=schedule_source(config.schedule),
        augment=_augment(config.augmentation, height),
        batch="augment(images[chosen].float())" if config.augmentation else "images[chosen]",
        **_training(config, model.classes, all_stages),
    )
    return text.encode()


SOFTMAX = "        return outputs.softmax(1)"
MSE_SHARES = """\
        positive = outputs.clamp(min=0)  # learned with squared error, the outputs are no probabilities
        total = positive.sum(1, keepdim=True)
        return torch.where(total > 0, positive / total, 1 / outputs.shape[1])"""


def _module(stage: Stage) -> tuple[str, str]:
    """Source of the module for one layer; and the path within it to what has the weights, such as ".1"."""
    layer: Any = stage.layer
    channels = stage.input_shape[-1]
    match stage.kind:
        case "Conv":
            before, after = stage.pads
            sizes = f"{channels}, {layer.channels}, {layer.kernel}"
            padding = f", padding={before}" if before == after else ""
            conv = f"nn.Conv2d({sizes}, stride={layer.stride}{padding}, bias={layer.bias})"
            if before == after:
                return conv, ""
            return f"nn.Sequential(nn.ZeroPad2d(({before}, {after}, {before}, {after})), {conv})", ".1"
        case "Dense":
            linear = f"nn.Linear({channels}, {layer.units}, bias={layer.bias == 'separate'})"
            return (f"nn.Sequential({linear}, AppendOne())", ".0") if layer.bias == "unit" else (linear, "")
        case "MaxPool" | "AvgPool":
            return f"nn.{stage.kind}2d({layer.size}, stride={layer.stride or layer.size})", ""
        case "BatchNorm":
            module = "BatchNorm2d" if stage.is_image else "BatchNorm1d"
            return f"nn.{module}({channels}, eps={layer.epsilon!r}, momentum={layer.momentum!r})", ""
        case "Dropout":
            return f"{'DropoutScaledAtTest' if layer.scale == 'test' else 'nn.Dropout'}({layer.drop!r})", ""
        case "Flatten":
            return "FlattenPixels()" if stage.mixes_channels else "nn.Flatten()", ""
        case "LeakyReLU":
            return f"nn.LeakyReLU({layer.slope!r})", ""
        case "GELU":
            return 'nn.GELU(approximate="tanh")', ""
        case "Softmax":
            return "nn.Softmax(dim=1)", ""
        case _:  # ReLU, Sigmoid, Tanh, Identity
            return f"nn.{stage.kind}()", ""


FANS = {"fan_in": "weight[0].numel()", "fan_out": "len(weight) * weight[0, 0].numel()"}


def _initialize(initializer: Initializer) -> str:
    """Lines that draw one weight."""
    settings = {name: getattr(initializer, name) for name, _, _ in describe(type(initializer))}
    draw = {
        "HeNormal": "nn.init.normal_(weight, std=math.sqrt(2 / fan_in))",
        "HeUniform": "nn.init.uniform_(weight, -math.sqrt(6 / fan_in), math.sqrt(6 / fan_in))",
        "GlorotNormal": "nn.init.normal_(weight, std=math.sqrt(2 / (fan_in + fan_out)))",
        "GlorotUniform": "nn.init.uniform_(weight, *(sign * math.sqrt(6 / (fan_in + fan_out)) for sign in (-1, 1)))",
        "ScaledNormal": "nn.init.normal_(weight, {mean!r}, {deviation!r})",
        "Zeros": "nn.init.zeros_(weight)",
    }[type(initializer).__name__].format(**settings)
    lines = [*(f"{name} = {value}" for name, value in FANS.items() if name in draw), draw]
    return "\n".join(f"            {line}" for line in lines)


def _optimizer(optimizer: Optimizer) -> str:
    settings = {name: getattr(optimizer, name) for name, _, _ in describe(type(optimizer))}
    return {
        "SGD": "torch.optim.SGD(parameters, lr=LEARNING_RATE)",
        "Momentum": "torch.optim.SGD(parameters, lr=LEARNING_RATE, momentum={momentum!r})",
        "Nesterov": "torch.optim.SGD(parameters, lr=LEARNING_RATE, momentum={momentum!r}, nesterov={nesterov})",
        "RMSProp": "torch.optim.RMSprop(parameters, lr=LEARNING_RATE, alpha={decay!r}, eps={epsilon!r})",
        "Adam": "torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=({momentum!r}, {decay!r}), eps={epsilon!r})",
        "AdamW": "torch.optim.Adam(parameters, lr=LEARNING_RATE, betas=({momentum!r}, {decay!r}), eps={epsilon!r})"
        "  # AdamW by the decay below, which spares biases",
    }[type(optimizer).__name__].format(**settings, nesterov=settings.get("momentum", 0) > 0)


def _loss(config: TrainingConfig, classes: int) -> str:
    smoothing = config.loss.label_smoothing
    if not isinstance(config.loss, MeanSquaredError):
        more = f", label_smoothing={smoothing!r}" if smoothing else ""
        return f"    return F.cross_entropy(outputs, labels{more})\n"
    targets = f"F.one_hot(labels, {classes}).float()"
    if smoothing:
        targets += f" * {1 - smoothing!r} + {smoothing / classes!r}"
    return f"    return F.mse_loss(outputs, {targets})\n"


def _training(config: TrainingConfig, classes: int, all_stages: list[Stage]) -> dict[str, str]:
    """The lines of `train` that depend on the settings."""
    total = "epochs * math.ceil(len(images) / BATCH_SIZE)"
    frozen = tuple(number for number in config.frozen if number < len(all_stages))
    chosen = f"for number in {frozen}:\n"
    return {
        "loss": _loss(config, classes),
        "total": f"min({total}, {config.max_steps})" if config.max_steps else total,
        "stop": "        if step == total:\n            break\n" if config.max_steps else "",
        "stop_within": "            if step == total:\n                break\n" if config.max_steps else "",
        "freeze": f"    {chosen}        model.layers[number].requires_grad_(False)\n" if frozen else "",
        "eval_frozen": f"        {chosen}            model.layers[number].eval()\n" if frozen else "",
        "optimizer": _optimizer(config.optimizer),
        "before_step": _before_step(config),
    } | _average(config.average)


def _before_step(config: TrainingConfig) -> str:
    """What changes gradients and weights before the optimizer acts, in the engine's order."""
    lines = []
    if config.clip_norm:
        lines.append(f"torch.nn.utils.clip_grad_norm_(parameters, {config.clip_norm!r})")
    penalty = config.penalty
    decoupled = penalty.decoupled + config.optimizer.decoupled_decay
    if penalty.l1 or penalty.l2 or decoupled:
        lines += ["with torch.no_grad():", "    for weight in (each for each in parameters if each.ndim > 1):"]
    if penalty.l2:
        lines.append(f"        weight.grad += {penalty.l2!r} * weight")
    if penalty.l1:
        lines.append(f"        weight.grad += {penalty.l1!r} * weight.sign()")
    if decoupled:
        lines.append(f"        weight *= 1 - rate * {decoupled!r}")
    return "".join(f"            {line}\n" for line in lines)


def _average(kept: float) -> dict[str, str]:
    """Lines for a running mean of the weights, with which the network answers in the end."""
    if not kept:
        return {"average_start": "", "after_step": "", "average_end": ""}
    pairs = "for mean, each in zip(means, model.parameters()):\n"
    return {
        "average_start": "    means = [each.detach().clone() for each in model.parameters()]\n",
        "after_step": (
            f"            kept = min({kept!r}, (step + 1) / (step + 10))\n"
            f"            {pairs}                mean.lerp_(each.detach(), 1 - kept)\n"
        ),
        "average_end": f"    {pairs}        each.data.copy_(mean)\n",
    }


def _augment(augmentations: tuple[Augmentation, ...], side: int) -> str:
    """`augment`, where there is something to do: first where pixels lie, then what they hold."""
    if not augmentations:
        return ""

    def lines(templates: dict[str, str]) -> str:
        found = (each for each in augmentations if type(each).__name__ in templates)
        return "".join(
            templates[type(each).__name__].format(side=side, **each.to_json()).lstrip("\n") for each in found
        )

    return AUGMENT.format(side=side, affine=lines(AFFINE), bending=lines(BENDING), pixels=lines(PIXELS))
