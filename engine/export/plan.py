"""A trained network as a list of stages: what every form of export is written from."""

import re
from dataclasses import dataclass

from engine.arrays import Array, Shape
from engine.checkpoint import Model
from engine.layers import AvgPool, Conv, Flatten, Layer, MaxPool
from engine.network import layer_name
from engine.problems import PlainError
from engine.saying import ENGLISH, Language
from engine.setting_words import named
from engine.spec import Settings, describe

LONGEST_NAME = 60  # characters of a file's name


class ExportError(PlainError):
    """A network that cannot be written in the form that was asked for."""


@dataclass(frozen=True)
class Stage:
    """A layer of a trained network, with its shapes (without the batch axis) and its arrays by name."""

    number: int
    name: str  # "0.conv", the first part of its arrays' names in a checkpoint
    layer: Layer
    input_shape: Shape
    output_shape: Shape
    arrays: dict[str, Array]

    @property
    def kind(self) -> str:
        """ "Conv"."""
        return type(self.layer).__name__

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return sum(self.arrays[key].size for key in self.layer.parameters(self.input_shape))

    @property
    def is_image(self) -> bool:
        """Whether it takes (height, width, channels) rather than (features,)."""
        return len(self.input_shape) == 3

    @property
    def mixes_channels(self) -> bool:
        """Whether it is a Flatten for which the order of the axes matters: several pixels, each of several channels."""
        return isinstance(self.layer, Flatten) and self.is_image and self.input_shape[2] > 1 and self.pixels > 1

    @property
    def pixels(self) -> int:
        """Of the image that it takes; 1 where it takes none."""
        return self.input_shape[0] * self.input_shape[1] if self.is_image else 1

    @property
    def pads(self) -> tuple[int, int]:
        """Rows of zeros before and after the image, and columns likewise."""
        return self.layer.pads() if isinstance(self.layer, Conv) else (0, 0)


def stages(model: Model) -> list[Stage]:
    """The layers in their order. The arrays are those with which the model predicts."""
    network = model.network
    return [
        Stage(number, layer_name(number, layer), layer, before, after, dict(network.params[number]))
        for number, (layer, before, after) in enumerate(
            zip(network.layers, network.shapes, network.shapes[1:], strict=False)
        )
    ]


def pixel_line(model: Model) -> tuple[float, float]:
    """(factor, constant): a pixel from 0 to 255 goes into the network as factor * pixel + constant."""
    scaling = model.checkpoint.scaling
    return 1 / (255 * scaling.deviation), -scaling.mean / scaling.deviation


def settings_in_words(layer: Settings, say: Language = ENGLISH) -> str:
    """ "channels 16, kernel 3": the settings of a layer or of something else, for people."""
    values = {name: getattr(layer, name) for name, _, _ in describe(type(layer))}
    if isinstance(layer, MaxPool | AvgPool):
        values["stride"] = values["stride"] or values["size"]  # 0 stands for it
    return ", ".join(f"{named(name, say)} {_in_words(value, say)}" for name, value in values.items())


def _in_words(value: object, say: Language) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return f"{value:g}" if isinstance(value, float) else str(value)


def one_line(text: str) -> str:
    """A person's text as one line without control characters, for a title or a comment."""
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    return " ".join(words)[:200] or "A network"


def file_stem(name: str) -> str:
    """The beginning of a file's name for a network that a person named: letters, digits, underscores, no path.

    It always begins with "inkling": so it is never hidden, empty, or a name that a system or Python keeps for itself.
    """
    safe = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()[:LONGEST_NAME].strip("_")
    return f"inkling_{safe}" if safe else "inkling_network"
