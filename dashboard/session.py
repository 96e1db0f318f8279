"""The names and types of everything that is kept for one browser tab, and what all tabs share."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.runs import Runs
from engine.config import TrainingConfig
from engine.layers import Dense, Layer
from engine.presets import DEFAULT, PRESETS
from engine.rundir import runs_folder

T = TypeVar("T")


@dataclass
class Row:
    """A layer in the editor. Its id stays with it wherever it is moved."""

    id: int
    layer: Layer


@dataclass
class Draft:
    """The settings as the sidebar shows them."""

    rows: list[Row] = field(default_factory=list)
    rest: TrainingConfig = field(default_factory=TrainingConfig)  # its layers are not looked at
    next_id: int = 0

    @property
    def config(self) -> TrainingConfig:
        """What Train would start."""
        return replace(self.rest, layers=tuple(row.layer for row in self.rows))

    def load(self, config: TrainingConfig) -> None:
        """Show another config. Rows whose layers stay where they are keep their ids, and so their widgets."""
        self.rest = config
        rows = [
            old if old is not None and old.layer == layer else self.new_row(layer)
            for layer, old in zip(config.layers, [*self.rows, *[None] * len(config.layers)], strict=False)
        ]
        self.rows = rows

    def new_row(self, layer: Layer) -> Row:
        """A row that is not yet in the list."""
        self.next_id += 1
        return Row(self.next_id, layer)

    def put(self, path: str, value: Any) -> None:
        """Change one setting; "optimizer.momentum", or "row7.units" for the layer with id 7."""
        head, _, rest = path.partition(".")
        row = next((row for row in self.rows if f"row{row.id}" == head), None)
        if row is None:
            self.rest = self.rest.with_values({path: value})
        elif rest:
            row.layer = Layer.from_json(row.layer.to_json() | {rest: value})
        else:
            row.layer = Layer.from_json(value)

    def position(self, row_id: int) -> int:
        """Where the row with this id is; the end of the list if it is gone."""
        return next((i for i, row in enumerate(self.rows) if row.id == row_id), len(self.rows))

    def insert(self, position: int, kind: str) -> None:
        """A new layer of this kind before the row at `position`."""
        self.rows.insert(position, self.new_row(Layer.members()[kind]()))

    def remove(self, row_id: int) -> None:
        """Take a layer out."""
        self.rows = [row for row in self.rows if row.id != row_id]

    def move(self, row_id: int, by: int) -> None:
        """Exchange a layer with its neighbour."""
        here = self.position(row_id)
        there = here + by
        if 0 <= here < len(self.rows) and 0 <= there < len(self.rows):
            self.rows[here], self.rows[there] = self.rows[there], self.rows[here]

    def before_output(self) -> int:
        """Where a layer goes that is added without saying where: before the last layer with weights."""
        last = len(self.rows) - 1
        return last if last >= 0 and isinstance(self.rows[last].layer, Dense) else last + 1


@dataclass
class Drawing:
    """The pad: what is drawn on it, and how the canvas is mounted."""

    objects: dict[str, Any] | None = None  # the canvas's own description of the strokes
    side: int = 280  # of the canvas that `objects` were drawn on, pixels
    image: NDArray[np.uint8] | None = None  # (side, side, 4); None: nothing is drawn
    initial: dict[str, Any] | None = None  # what the mounted canvas began with
    mounted_on: str = ""  # the page that shows it
    mounts: int = 0  # grows to mount a fresh canvas
    brush: int = 18


@dataclass
class Shown:
    """The run that the page shows."""

    run_id: str | None = None
    loaded: str | None = None  # the run whose settings the sidebar took over
    seen: TrainingConfig | None = None  # settings of the run when the sidebar last agreed with it
    state: str = ""  # when the whole page was last drawn


def kept(name: str, make: Callable[[], T]) -> T:
    """What this tab keeps under `name`, made when it is first asked for."""
    if name not in st.session_state:
        st.session_state[name] = make()
    value: T = st.session_state[name]
    return value


def draft() -> Draft:
    """The settings in the sidebar; the default preset at first."""

    def fresh() -> Draft:
        new = Draft()
        new.load(PRESETS[DEFAULT].config)
        return new

    return kept("draft", fresh)


def drawing() -> Drawing:
    """The drawing, which all pages share."""
    return kept("drawing", Drawing)


def shown() -> Shown:
    """The run that the page shows."""
    return kept("shown", Shown)


@st.cache_resource(show_spinner=False)
def runs() -> Runs:
    """All runs; one object for the whole server."""
    return Runs(runs_folder())
