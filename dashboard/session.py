"""The names and types of everything that is kept for one browser tab, and what all tabs share."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import visitor
from dashboard.running.jobs import Jobs
from dashboard.running.runs import Runs
from engine.config import TrainingConfig
from engine.layers import Dense, Layer
from engine.limits import check_all
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunError, RunFolder, runs_folder

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
        if row is None and re.fullmatch(r"row\d+", head):
            return  # its layer was removed while the change was on its way
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


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is drawn: the canvas's own description of the strokes, and their picture."""

    objects: list[Any]
    image: NDArray[np.uint8]  # (side, side, 4)


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture that was sent, to be read as drawings are."""

    image: NDArray[np.uint8]  # (height, width, 3 or 4)
    encoded: bytes  # for the browser


@dataclass
class Desk:
    """What the Draw page is set to."""

    source: str = "pad"  # where what is read comes from: "pad", "file" or "camera"
    photo: Photo | None = None
    problem: str = ""  # why what was sent cannot be read
    readers: list[str] = field(default_factory=list)  # keys in the menu of who reads
    index: int = 0  # the digit that is looked at step by step
    left_out: frozenset[str] = frozenset()  # steps of the preparation that are switched off
    least: float = 0.5  # the probability below which the answer is "I don't know"
    tick: float | None = None  # seconds between two looks at networks that read and train; None: none does
    answers: dict[str, Any] = field(default_factory=dict)  # by reader: what they were worked out from, and they

    @property
    def polling(self) -> bool:
        """Whether a network that reads is in training."""
        return self.tick is not None


@dataclass
class Drawing:
    """The pad. A canvas begins with the newest sketch when it is mounted, and is left alone from then on."""

    sketches: list[Sketch] = field(default_factory=list)  # after each stroke, for undo; the newest is what is drawn
    initial: dict[str, Any] | None = None  # what the mounted canvas began with
    visit: int = -1  # the visit to a page for which it was mounted
    mounts: int = 0  # grows to mount a fresh canvas
    brush: int = 18
    wide: bool = False  # the Draw page's pad has room for a number

    @property
    def sketch(self) -> Sketch | None:
        """What is drawn; None: nothing."""
        return self.sketches[-1] if self.sketches else None


@dataclass
class Shown:
    """The run that the page shows."""

    run_id: str | None = None
    loaded: str | None = None  # the run whose settings the sidebar took over
    seen: TrainingConfig | None = None  # settings of the run when the sidebar last agreed with it
    pace: float | None = None  # seconds after which the Train page is made anew; None: not by itself
    problem: str = ""  # why a wish could not be fulfilled
    at_step: int | None = None  # the step to which the Train page is rewound; None: the newest
    speed: float = 0.0  # steps a second that the dial shows, for this run and those started next; 0: full speed
    stale: bool = False  # a button in the part that polls changed what the rest of the page shows
    peeping: bool = False  # the look inside a snapshot is open
    looking: bool = False  # figures for a snapshot are on their way
    started: set[str] = field(default_factory=set)  # runs that were started in this tab
    untouched: dict[str, int] = field(default_factory=dict)  # runs given up before their first step -> tries to delete

    @property
    def polling(self) -> bool:
        """Whether the page looks at the run several times a second."""
        return self.pace is not None


@dataclass
class Place:
    """Where the person is."""

    page: str = ""
    visit: int = 0  # grows with every change of the page


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


def desk() -> Desk:
    """What the Draw page is set to."""
    return kept("desk", Desk)


def shown() -> Shown:
    """The run that the page shows."""
    return kept("shown", Shown)


def place() -> Place:
    """The page that is open."""
    return kept("place", Place)


def follow_address(page: str) -> None:
    """Take note of the page, and keep the shown run and the one in the address the same.

    A link to another page has no run in it: there the one that was shown stays.
    """
    here, run = place(), shown()
    if page != here.page:
        here.page, here.visit = page, here.visit + 1
    named = st.query_params.get("run")
    if named:
        visitor.remember(named)
        run.at_step = run.at_step if named == run.run_id else None
        run.run_id = named
    elif run.run_id:
        st.query_params["run"] = run.run_id


def show(run_id: str | None) -> None:
    """Show another run, or none."""
    run = shown()
    run.run_id, run.problem, run.at_step = run_id, "", None
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


@st.cache_resource(show_spinner=False)
def runs() -> Runs:
    """All runs; one object for the whole server. INKLING_SPARE=0 saves the memory of a worker kept ready (110 MB)."""
    check_all()
    visitor.close_paths(os.environ)  # workers inherit it
    made = Runs(runs_folder(), visitor=visitor.Browser())
    if os.environ.get("INKLING_SPARE") != "0":
        made.keep_spare()
    return made


def shown_run() -> RunFolder | None:
    """The run that the page shows, if there is one of that name."""
    run_id = shown().run_id
    try:
        return runs().open(run_id) if run_id is not None else None
    except RunError:
        return None


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Work in the background, for all pages of the server."""
    return Jobs()
