"""Test images: looked at on request only, and each look is counted."""

import streamlit as st

from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source, note_test_look, test_looks
from dashboard.evaluating.watching import KEPT, Sight, watch
from dashboard.language import say
from dashboard.running.jobs import stamp


def sight(here: EvaluateDesk, source: Source) -> Sight | None:
    """The figures on test images, once they were asked for; None: they were not."""
    if source.key not in here.agreed:
        _ask(here, source)
        return None
    known = here.agreed[source.key]
    _keep(here, source, known)
    if known is not None:
        _again(here, source, known)
        return Sight(known)
    found = watch(here, source, "test")
    if found.found is not None:
        _keep(here, source, found.found)
        _again(here, source, found.found)
    return found


def _keep(here: EvaluateDesk, source: Source, found: Outcome | None) -> None:
    """Remember the figures of this network, the newest last; those that were not looked at for longest go."""
    here.agreed.pop(source.key, None)
    here.agreed[source.key] = found
    while len(here.agreed) > KEPT:
        del here.agreed[next(iter(here.agreed))]


def _is_older(known: Outcome, source: Source) -> bool:
    """Whether the network has other weights by now, also where it is trained no more."""
    try:
        return stamp(source.path) != known.stamp
    except OSError:  # there is nothing to look at again
        return False


def _looks(here: EvaluateDesk, source: Source) -> str:
    count = test_looks(here, source)
    if not count:
        return say("Nobody has looked at them for this network yet.")
    return say("Looked at once so far.") if count == 1 else say("Looked at {count:,} times so far.", count=count)


def _ask(here: EvaluateDesk, source: Source) -> None:
    with st.container(border=True, key="test-apart", gap="small"):
        st.markdown(f"**{say('Test images are kept apart')}**")
        st.markdown(
            say(
                "They stand for all the digits that the network will ever meet, and they can do so only as long as "
                "nothing is chosen by them. Whoever changes a setting because of the test accuracy, looks again, "
                "and changes the next, fits the settings to these images: the figure gets better, the network does "
                "not. Use validation images while you choose, and look here when you are done. A run that comes to "
                "its end looks once by itself."
            )
        )
        with st.container(horizontal=True, vertical_alignment="center", key="test-apart-row", gap="medium"):
            st.button(
                say("Look at the test images"), key="look-at-test", type="primary", on_click=_agree, args=(here, source)
            )
            st.caption(_looks(here, source))


def _again(here: EvaluateDesk, source: Source, known: Outcome) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="test-looks", gap="medium"):
        st.caption(say("Test images, for the weights of step {step:,}.", step=known.step) + " " + _looks(here, source))
        if _is_older(known, source):
            st.button(
                say("Look again, with the newest weights"),
                key="look-again",
                type="tertiary",
                on_click=_agree,
                args=(here, source),
            )


def _agree(here: EvaluateDesk, source: Source) -> None:
    here.watched.pop(f"{source.key} test", None)
    _keep(here, source, None)
    note_test_look(here, source)
