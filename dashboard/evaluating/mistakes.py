"""The confusion matrix, and the images behind each of its cells: the surest mistakes first."""

import streamlit as st

from dashboard.controlled import controlled
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.grid import confusion_grid
from dashboard.evaluating.outcome import Outcome, Places
from dashboard.evaluating.pictures import one_network, pictures
from dashboard.evaluating.sources import Source
from dashboard.language import say

ANY = -1
_COMMONEST = 3


def render(here: EvaluateDesk, source: Source, found: Outcome) -> None:
    """Matrix and images side by side; below each other in a narrow window."""
    here.true, here.read = (None if each is None or each >= found.classes else each for each in (here.true, here.read))
    with st.container(horizontal=True, key="evaluate-mistakes", gap="medium"):
        with st.container(key="evaluate-matrix", gap="xsmall"):
            confusion_grid(found.counts, here.shares, here.blank, (here.true, here.read), here.pick)
            _options(here)
            st.caption(_caption(found))
        with st.container(key="evaluate-behind", gap="small"):
            places = found.cell(here.true, here.read)
            _filter(here, found)
            st.markdown(f"**{_title(here, found, places)}**")
            pictures(here, found, found.ordered(places, here.order == "sure"), one_network(found), source)


def _options(here: EvaluateDesk) -> None:
    with st.container(horizontal=True, key="matrix-options", gap="medium"):
        controlled(
            st.toggle,
            say("Shares of the row"),
            "matrix-shares",
            here.shares,
            lambda wish: setattr(here, "shares", wish),
            help=say("Which percentage of a true class was read as each, in place of how many images."),
        )
        controlled(
            st.toggle,
            say("Blank the diagonal"),
            "matrix-blank",
            here.blank,
            lambda wish: setattr(here, "blank", wish),
            help=say("Leaves out what is right, so that only mistakes are to be seen."),
        )


def _caption(found: Outcome) -> str:
    """What to look for, and the commonest mistakes."""
    how = say(
        "Rows are what an image is, columns what it was read as. Click a cell to see its images, a number at the edge "
        "for all mistakes of its row or column. Look for cells that stand out on both sides of the diagonal: two "
        "digits that are mixed up both ways."
    )
    mistakes = found.counts.copy()
    mistakes[range(found.classes), range(found.classes)] = 0
    order = mistakes.argsort(axis=None, kind="stable")[::-1][:_COMMONEST]
    pairs = [divmod(int(place), found.classes) for place in order if mistakes.flat[place]]
    if not pairs:
        return f"{how} {say('There is no mistake among these images.')}"
    told = ", ".join(
        say("{true} as {read} ({count}×)", true=true, read=read, count=int(mistakes[true, read]))
        for true, read in pairs
    )
    return f"{how} {say('The commonest here: {mistakes}.', mistakes=told)}"


def _filter(here: EvaluateDesk, found: Outcome) -> None:
    """The same choice as in the matrix, for keys and small screens, and the order."""
    options = [ANY, *range(found.classes)]

    def words(each: int) -> str:
        return say("any") if each == ANY else str(each)

    with st.container(horizontal=True, vertical_alignment="bottom", key="mistakes-filter", gap="small"):
        for name, label, value in (("true", say("True class"), here.true), ("read", say("Read as"), here.read)):

            def put(wish: int, name: str = name) -> None:
                chosen = {"true": here.true, "read": here.read} | {name: None if wish == ANY else wish}
                here.pick(chosen["true"], chosen["read"])

            controlled(
                st.selectbox,
                label,
                f"mistakes-{name}",
                ANY if value is None else value,
                put,
                options=options,
                format_func=words,
                width=100,
            )
        controlled(
            st.segmented_control,
            say("Which first"),
            "mistakes-order",
            here.order,
            lambda wish: _reorder(here, wish),
            options=["sure", "unsure"],
            required=True,
            format_func=lambda each: say("Most sure first") if each == "sure" else say("Least sure first"),
        )


def _reorder(here: EvaluateDesk, wish: str | None) -> None:
    here.order, here.page = wish or "sure", 0


def _title(here: EvaluateDesk, found: Outcome, places: Places) -> str:
    count = len(places)
    if here.true is None and here.read is None:
        return say("All {count:,} mistakes among {total:,} images", count=count, total=len(found.right))
    if here.read is None:
        total = int(found.counts[here.true].sum())
        return say(
            "{count:,} of {total:,} images of class {true} are misread", count=count, total=total, true=here.true
        )
    if here.true is None:
        return say("{count:,} images are wrongly read as {read}", count=count, read=here.read)
    if here.true == here.read:
        return say("{count:,} images of class {true} are read correctly", count=count, true=here.true)
    return say("{count:,} images of class {true} are read as {read}", count=count, true=here.true, read=here.read)
