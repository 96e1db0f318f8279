"""Runs on their way out, as files, and in."""

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import pages, session
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.settings import data_menu
from dashboard.settings.own_files import kept
from dashboard.sharing.desk import desk, wait_for
from dashboard.sharing.report_view import curves, file_name
from engine.about import read_about
from engine.history import History
from engine.limits import UPLOAD, amount
from engine.rundir import RunError, RunFolder
from engine.snapshots import snapshots
from engine.travel import event_file, pack

NONE = ""


def render() -> None:
    """The whole section."""
    with st.container(key="share-out", gap="small"):
        st.markdown("##### " + say("Take a run out"), anchors=False)
        run = session.shown_run()
        if run is None:
            st.caption(say("No run is shown. Train one, or choose one on the page Runs."))
        else:
            _out(run)
    with st.container(key="share-in", gap="small"):
        st.markdown("##### " + say("Bring a run in"), anchors=False)
        _in()


def _out(run: RunFolder) -> None:
    here, name = desk(), file_name(run)
    size = sum(each.bytes for each in snapshots(run)) / 1e6
    controlled(
        st.toggle,
        say("With all snapshots, so that it can be rewound there ({size:.0f} MB)", size=size),
        "share-snapshots",
        here.snapshots,
        lambda on: setattr(here, "snapshots", on),
    )
    with st.container(horizontal=True, key="share-files"):
        files = [
            (say("The run (.zip)"), f"{name}.zip", "application/zip", partial(archive, run, here.snapshots)),
            (say("Curves (CSV)"), f"{name}.csv", "text/csv", partial(curves, run)),
            (say("For TensorBoard"), f"events.out.tfevents.{name}", "application/octet-stream", partial(events, run)),
        ]
        for number, (label, file, kind, make) in enumerate(files):
            key = f"share-file-{number}"
            st.download_button(label, make, file, mime=kind, key=key, on_click="ignore", icon=":material/download:")
    st.caption(
        say(
            "The .zip holds settings, curves, notes and weights. It opens on this page of another computer, or there "
            "with `python -m engine receive FILE`. Of your own files only the names go along. TensorBoard shows the "
            "other file when it lies in its folder: `tensorboard --logdir FOLDER`."
        )
    )


def archive(run: RunFolder, with_snapshots: bool) -> bytes:
    """The run as it travels; why it cannot, where it cannot."""
    try:
        with tempfile.TemporaryDirectory() as scratch:
            return pack(run, Path(scratch) / "packed.zip", with_snapshots).read_bytes()
    except (ValueError, OSError) as error:
        return str(error).encode()


def events(run: RunFolder) -> bytes:
    """The curves for TensorBoard; why there are none, where there are none."""
    history = History(run.events_file)
    history.update()
    try:
        return event_file(run.config(), history)
    except (ValueError, OSError) as error:
        return str(error).encode()


def _in() -> None:
    here = desk()
    st.caption(
        say(
            "A .zip that was taken out elsewhere, or a single checkpoint (.npz). It is checked before anything is "
            "written, and becomes a run of its own: nothing that is here is changed."
        )
    )
    key = f"share-upload-{here.mounts}"
    sent = st.file_uploader(
        say("A run or a checkpoint"),
        type=["zip", "npz"],
        max_upload_size=max(UPLOAD.value() >> 20, 1),
        key=key,
        label_visibility="collapsed",
    )
    own = {each.source: each.name for each in kept(data_menu.folder())}
    if own:
        controlled(
            st.selectbox,
            say("If it was trained on a file of somebody's own: that file here"),
            "share-source",
            here.source if here.source in own else NONE,
            lambda wish: setattr(here, "source", wish),
            options=[NONE, *own],
            format_func=lambda source: own.get(source, say("none: it can be looked at, but not gone on with")),
        )
    if sent is not None:
        _receive(sent.file_id, sent.name, sent.getvalue())
    if here.received:
        _received(here.received)


def _receive(file_id: str, name: str, content: bytes) -> None:
    """Once for each file that was sent."""
    here, bring_in = desk(), session.runs().receiver()
    source = here.source

    def work(tell: object) -> str:
        UPLOAD.check(len(content), f"It has {amount(len(content))}", "Take it out without snapshots.")
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "sent"
            file.write_bytes(content)
            return bring_in(file, name, source).id

    found = wait_for(("receive", file_id, source), work)
    if found.problem:
        st.error(literal(translated(found.problem)), icon=":material/error:")
    elif found.result is None:
        st.progress(found.share, say("It is being checked."))
    elif found.result != here.received:
        here.received, here.mounts = found.result, here.mounts + 1
        pages.made_anew()


def _received(run_id: str) -> None:
    """The run that was opened, and the way to it."""
    try:
        run = session.runs().open(run_id)
    except RunError:  # it was deleted since
        desk().received = ""
        return
    about = read_about(run)
    with st.container(key="share-received", horizontal=True, vertical_alignment="center"):
        name, origin = literal(about.name or run.id), literal(about.origin)
        st.success(say("{name} is here: imported from {origin}.", name=name, origin=origin))
        st.button(say("Show it"), key="share-show", icon=":material/play_arrow:", on_click=_show, args=(run_id,))


def _show(run_id: str) -> None:
    session.show(run_id)
    desk().received = ""
    st.session_state["share-leave"] = True


def leave_if_wished() -> None:
    """Go to the Train page after a click on "Show it": a callback cannot."""
    if st.session_state.pop("share-leave", False):
        st.switch_page(pages.page("train"))
