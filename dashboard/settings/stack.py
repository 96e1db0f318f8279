"""What a stack of layers does to the image, row by row, as far as it works. No streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.arrays import Shape
from engine.config import TrainingConfig, check_network
from engine.datasets import DataError, facts, planned_images
from engine.layers import Layer, ShapeError
from engine.network import LayerSummary, summarize
from engine.spec import SettingError


@dataclass(frozen=True)
class RowCheck:
    """One layer: its summary, or the problem it has, or neither if one before it has a problem."""

    summary: LayerSummary | None = None
    problem: str = ""


@dataclass(frozen=True)
class StackCheck:
    """All layers, and why the network cannot be trained; "" if it can."""

    rows: tuple[RowCheck, ...]
    problem: str = ""

    @property
    def parameters(self) -> int:
        """Numbers that training sets, of all layers that work."""
        return sum(row.summary.parameters for row in self.rows if row.summary)

    @property
    def macs(self) -> int:
        """Multiply-adds for one image, of all layers that work."""
        return sum(row.summary.macs for row in self.rows if row.summary)

    @property
    def summaries(self) -> list[LayerSummary]:
        """The rows of those layers that work."""
        return [row.summary for row in self.rows if row.summary]


def check_rows(layers: Sequence[Layer], shape: Shape) -> tuple[RowCheck, ...]:
    """Follow a shape through the layers up to the first that cannot take it."""
    rows: list[RowCheck] = []
    for number, layer in enumerate(layers):
        try:
            layer.output_shape(shape)
        except ShapeError as error:
            return (*rows, RowCheck(problem=str(error)), *[RowCheck()] * (len(layers) - number - 1))
        rows.append(RowCheck(summarize([layer], shape)[0]))
        shape = layer.output_shape(shape)
    return tuple(rows)


def check(config: TrainingConfig) -> StackCheck:
    """What the sidebar and the Train button need to know of a config."""
    try:
        data = facts(config.data.source)
    except DataError as error:
        return StackCheck(tuple(RowCheck() for _ in config.layers), str(error))
    rows = check_rows(config.layers, data.image_shape)
    broken = next((number for number, row in enumerate(rows) if row.problem), None)
    if broken is not None:
        return StackCheck(rows, f"Layer {broken + 1}: {rows[broken].problem}")
    try:
        check_network(config, data.image_shape, data.classes)
    except (ShapeError, SettingError) as error:
        if not rows:
            return StackCheck(rows, str(error))
        last = RowCheck(rows[-1].summary, str(error))  # what is wrong with the whole shows at its end
        return StackCheck((*rows[:-1], last), str(error))
    return StackCheck(rows)


def planned(config: TrainingConfig) -> int:
    """Images in an epoch; what was asked for, where the data cannot be read."""
    try:
        return planned_images(config.data)
    except DataError:
        return config.data.train_images


def shape_words(shape: Shape) -> str:
    """(24, 24, 8) -> "24×24×8"."""
    return "×".join(f"{size:,}" for size in shape)


def short(count: int) -> str:
    """A count in few characters: 950, 9,466, 12.3 k, 1.2 M."""
    for limit, unit in ((10**9, "G"), (10**6, "M"), (10**5, "k")):
        if count >= limit:
            scale = 1000 if unit == "k" else limit
            return f"{count / scale:.3g} {unit}"
    return f"{count:,}"
