"""What moves several times a second on the Draw page while a network that reads is in training, for it to fetch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import session
from dashboard.drawing import answer, pins, preparation, reader_menu
from dashboard.drawing.reader_menu import Choice
from dashboard.drawing.readers import Reader
from dashboard.drawing.reading import Shares, Sheet, on_desk
from dashboard.language import say
from dashboard.live_feed import Fresh, tick


@dataclass
class Shows:
    """What the page was last made of."""

    state: tuple[Any, ...] = ()


def note(offered: Sequence[Choice], shares: Shares | None) -> None:
    """The page was made of this."""
    session.kept("draw-shows", Shows).state = _state(offered, shares)


def fresh() -> Fresh | None:
    """The answers, frames and pinned digits as they are now; None where more has changed: the page is made anew."""
    desk, run = session.desk(), session.shown_run()
    offered = reader_menu.choices(run)
    readers = reader_menu.readers(offered)
    html, shares = read(readers)
    if pace(offered) != desk.tick or session.kept("draw-shows", Shows).state != _state(offered, shares):
        return None
    pinned = pins.fresh(run, session.shown().at_step)
    return Fresh({"answer": html} | frames(readers, shares) | pinned.blocks, pinned.parts)


def pace(offered: Sequence[Choice]) -> float | None:
    """Seconds between two looks at the networks that read and the shown one; None: none of them is in training."""
    looked_at = [each.run for each in reader_menu.chosen(offered)] + [each.run for each in offered[:1]]
    return tick(session.runs().status(run) for run in looked_at if run is not None)


def read(readers: list[Reader]) -> tuple[str, Shares | None]:
    """The answers as HTML, and the first network's, (digits, classes); None: there is none."""
    return answer.answered(readers, on_desk(), preparation.settings(), _empty(session.desk()))


def _empty(desk: session.Desk) -> str:
    """Why there is nothing to answer."""
    if desk.source == "pad":
        return say("Nothing is drawn yet.")
    return say("No picture is there yet.") if desk.photo is None else say("No ink is found in this picture.")


def frames(readers: Sequence[Reader], shares: Shares | None) -> dict[str, str]:
    """Frames around the digits, to lie over the pad or the photograph; none around the only one on the pad."""
    desk = session.desk()
    sheet: Sheet | None = on_desk()
    model = readers[0].model() if readers else None
    if model is None or sheet is None or shares is None or not (len(shares) > 1 or desk.source != "pad"):
        return {}
    aspect = 0 if desk.source != "pad" else 2 if session.drawing().wide else 1
    return {"boxes": answer.boxes(sheet, model.image_size, shares, desk.least, aspect)}


def _state(offered: Sequence[Choice], shares: Shares | None) -> tuple[Any, ...]:
    """What menus and the details of a digit depend on."""
    with_weights = tuple((each.key, each.label, each.reader is not None) for each in offered)
    return with_weights, None if shares is None else len(shares), session.shown().at_step
