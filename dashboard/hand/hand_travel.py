"""Taking one's drawings along, bringing others, and deleting all of them."""

import shutil

import streamlit as st

from dashboard.hand import hand_desk
from dashboard.language import say
from engine.datasets import DataError
from engine.datasets.hand_files import from_bytes, to_npz, to_zip
from engine.datasets.personal import EMPTY, Hand

LARGEST = 20  # megabytes of an upload


def render(hand: Hand) -> None:
    """A menu whose contents are made only while it is open."""
    menu = st.popover(say("Take along, bring, delete"), key="hand-travel", on_change="rerun", icon=":material/folder:")
    if not menu.open:
        return
    with menu:
        if len(hand):
            st.caption(say("The set itself, or a picture of each drawing in a folder of its digit:"))
            with st.container(horizontal=True, gap="xsmall"):
                st.download_button(
                    "my_hand.npz", lambda: to_npz(hand), "my_hand.npz", key="hand-npz", on_click="ignore"
                )
                st.download_button(
                    "my_hand.zip", lambda: to_zip(hand), "my_hand.zip", key="hand-zip", on_click="ignore"
                )
        _bring()
        if len(hand):
            _delete(hand)


def _bring() -> None:
    here = hand_desk.desk()
    key = f"hand-upload-{here.uploads}"

    def sent() -> None:
        upload = st.session_state.get(key)
        if upload is None:
            return
        here.uploads += 1
        try:
            other = from_bytes(upload.getvalue())
        except DataError as error:
            here.told, here.problem = "", str(error)
            return
        before = len(hand_desk.read())
        hand_desk.change(lambda hand: hand.merged(other), "")
        if not here.problem:
            added = len(hand_desk.read()) - before
            here.told = say(
                "{added} drawings were added; {added2} were there already, or found no room.",
                added=added,
                added2=len(other) - added,
            )

    st.file_uploader(
        say("Bring drawings: a set (.npz), or a .zip with a folder of PNG pictures for each digit"),
        type=["npz", "zip"],
        key=key,
        on_change=sent,
        max_upload_size=LARGEST,
    )


def _delete(hand: Hand) -> None:
    st.divider()
    copies = st.toggle(
        say("also the copies that runs learned from"),
        key="hand-copies",
        help=say(
            "Each run keeps a frozen copy of the drawings that it learns from, so that it can be "
            "repeated and continued. Without them these runs can still read, but not train on.",
        ),
    )
    sure = st.checkbox(say("I want to delete all {count} drawings", count=len(hand)), key="hand-sure")
    st.button(say("Delete all"), key="hand-delete-all", disabled=not sure, on_click=_delete_all, args=(copies,))


def _delete_all(copies: bool) -> None:
    hand_desk.change(lambda _: EMPTY, say("All drawings are deleted."))
    st.session_state["hand-sure"] = False
    if copies:
        shutil.rmtree(hand_desk.file().frozen, ignore_errors=True)
