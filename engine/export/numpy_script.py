"""The network as a script that needs NumPy alone, short enough to be read in one go."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from engine.checkpoint import Model
from engine.export import plain_numpy
from engine.export.plan import Stage, pixel_line, stages
from engine.export.source import in_docstring
from engine.losses import MeanSquaredError

WIDTH = 120  # characters

SCRIPT = '''\
"""{title}

Reads images of {height}x{width} pixels, light on black, with NumPy alone:

    python {stem}.py images.npy         a line for each image: the class, and how likely it is

images.npy holds uint8 (n, {height}, {width}), as numpy.save writes it. The weights are in {stem}.npz beside this file.
Made with Inkling.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FILE = np.load(Path(__file__).with_suffix(".npz"))
WEIGHTS = {{name.split("/")[-1]: FILE[name] for name in FILE}}  # "params/0.conv.weight" -> "0.conv.weight"


{functions}


def network(images: Array) -> Array:
    """Probabilities (n, {classes}) for uint8 images (n, {height}, {width})."""
    w = WEIGHTS
    x = images[..., np.newaxis] * np.float32({factor!r}) + np.float32({constant!r})
{lines}


def predict(images: Array) -> Array:
    """As `network`, a hundred images at a time: all windows of all images need not fit into memory."""
    return np.concatenate([network(images[i : i + 100]) for i in range(0, len(images), 100)])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for shares in predict(np.load(sys.argv[1])):
        print(shares.argmax(), f"{{shares.max():.1%}}")
'''


def numpy_script(model: Model, name: str, stem: str) -> bytes:
    """The script, UTF-8. stem: the file's name without its end; the weights are to lie beside it as STEM.npz."""
    calls = [call for stage in stages(model) if (call := _call(stage)) is not None]
    mse = isinstance(model.config.loss, MeanSquaredError)
    calls.append(("positive_shares(x)" if mse else "softmax(x)", ""))
    last = len(calls) - 1
    lines = [
        _in_width(f"    {'return' if number == last else 'x ='} {code}", f"  # {comment}" if comment else "")
        for number, (code, comment) in enumerate(calls)
    ]
    height, width, _ = model.checkpoint.image_shape
    factor, constant = pixel_line(model)
    text = SCRIPT.format(
        title=in_docstring(name),
        stem=in_docstring(stem),
        height=height,
        width=width,
        classes=model.classes,
        functions="\n\n\n".join(_sources("\n".join(lines))),
        factor=factor,
        constant=constant,
        lines="\n".join(lines),
    )
    return text.encode()


def _in_width(line: str, comment: str) -> str:
    """A line that is too long has its arguments on lines of their own; the comment follows them."""
    if len(line + comment) <= WIDTH or not line.endswith(")"):
        return line + comment
    call, arguments = line.split("(", 1)
    return f"{call}(\n        {arguments[:-1]}\n    ){comment}"


def _sources(code: str) -> list[str]:
    """The source of the functions that the code calls, and of those that they call, in the order of their module."""
    functions: dict[str, Callable[..., Any]] = dict(inspect.getmembers(plain_numpy, inspect.isfunction))
    sources = {name: inspect.getsource(function).rstrip() for name, function in functions.items()}
    called = set(re.findall(r"\w+(?=\()", code))
    for name in called & set(sources):
        called |= set(re.findall(r"\w+(?=\()", sources[name]))
    in_order = sorted(called & set(sources), key=lambda name: functions[name].__code__.co_firstlineno)
    return [sources[name] for name in in_order]


def _call(stage: Stage) -> tuple[str, str] | None:
    """(expression, comment) for one layer; None where it does nothing to an answer."""
    layer: Any = stage.layer
    shape = "(n, " + ", ".join(str(extent) for extent in stage.output_shape) + ")"
    one = f'w["{stage.name}.{{}}"]'.format
    weight = one("weight")
    bias = one("bias") if "bias" in stage.arrays else "0"
    match stage.kind:
        case "Conv":
            before, after = stage.pads
            return f"conv(x, {weight}, {bias}, {layer.stride}, {before}, {after})", shape
        case "Dense":
            code = f"dense(x, {weight}, {bias})"
            return (f"append_one({code})" if layer.bias == "unit" else code), shape
        case "MaxPool" | "AvgPool":
            function = "max_pool" if stage.kind == "MaxPool" else "avg_pool"
            return f"{function}(x, {layer.size}, {layer.stride or layer.size})", shape
        case "BatchNorm":
            arrays = ", ".join(one(key) for key in ("scale", "shift", "mean", "var"))
            return f"batch_norm(x, {arrays}, {layer.epsilon!r})", ""
        case "Dropout":
            return (f"x * {1 - layer.drop!r}", "what dropout left out in training") if layer.scale == "test" else None
        case "LeakyReLU":
            return f"leaky_relu(x, {layer.slope!r})", ""
        case "Tanh":
            return "np.tanh(x)", ""
        case "Identity":
            return None
        case _:  # Flatten, ReLU, Sigmoid, GELU, Softmax
            return f"{stage.kind.lower()}(x)", shape if stage.kind == "Flatten" else ""
