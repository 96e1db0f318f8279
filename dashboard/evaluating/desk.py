"""What one tab's page Evaluate is set to, and its part of the address, by which a reload finds it again."""

import re
from dataclasses import dataclass, field

import streamlit as st

from dashboard import session
from dashboard.evaluating.outcome import Outcome, Stamp
from dashboard.keeping_up import KeepingUp
from engine.rundir import RUN_ID, RunFolder

VIEWS = ("mistakes", "classes", "confidence", "robustness", "two")
ADDRESSED = ("view", "weights", "network", "against")  # parameters of the address
_SHIPPED = re.compile(r"[\w-]{1,60}")


@dataclass
class Watched:
    """The newest figures of one network, and when the next may be asked for."""

    outcome: Outcome | None = None
    asked: Stamp | None = None  # what is being worked out
    began: float = 0.0
    rests_until: float = 0.0


@dataclass
class EvaluateDesk(KeepingUp):
    """Choices, and what was found for them."""

    view: str = "mistakes"
    weights: str = "newest"  # or "best"; a snapshot is that to which the whole page is rewound (Shown.at_step)
    network: str = ""  # a network that ships with the project, by its name; "": the shown run
    against: str = ""  # a run's id, "ships:" and a name, or "" for none
    images: str = "validation"  # or "test"
    agreed: dict[str, Outcome | None] = field(default_factory=dict)  # by weights: test images were asked for
    ships_looks: dict[str, int] = field(default_factory=dict)  # by weights that have no folder to note it in
    true: int | None = None  # the picked cell; None: any
    read: int | None = None
    order: str = "sure"  # or "unsure": which images come first
    page: int = 0
    picked: int | None = None  # an image that is looked at closely, by its place
    group: str = "only_a"  # of images that two networks read
    blank: bool = False  # the diagonal of the confusion matrix
    shares: bool = False  # in place of counts
    threshold: float = 0.9
    watched: dict[str, Watched] = field(default_factory=dict)
    seen: Outcome | None = None  # what the page was last made of

    def followed(self) -> RunFolder | None:
        """The shown run, unless a network that ships is judged."""
        return None if self.network else super().followed()

    def pick(self, true: int | None, read: int | None) -> None:
        """Show the images of a cell; None for any: the mistakes of a row, of a column, or all."""
        self.true, self.read, self.page, self.picked = true, read, 0, None


def desk() -> EvaluateDesk:
    """This tab's."""
    return session.kept("evaluate-desk", _from_address)


def _from_address() -> EvaluateDesk:
    """What the address says, as far as it makes sense: it may come from anybody."""
    found, told = EvaluateDesk(), st.query_params
    if told.get("view") in VIEWS:
        found.view = told["view"]
    if told.get("weights") == "best":
        found.weights = "best"
    if _SHIPPED.fullmatch(told.get("network", "")):
        found.network = told["network"]
    against = told.get("against", "")
    if RUN_ID.fullmatch(against.removeprefix("ships:")):
        found.against = against
    return found


def tell_address(here: EvaluateDesk) -> None:
    """Keep the address in step with the choices; what is as usual is not said."""
    usual = EvaluateDesk()
    for name in ADDRESSED:
        value = getattr(here, name)
        if value == getattr(usual, name):
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value
