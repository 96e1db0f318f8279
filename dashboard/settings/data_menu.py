"""What is learned from: the data that ships with the project, or a file of one's own; and what is in it."""

import functools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session, visitor
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.settings import locks
from dashboard.settings.own_files import keep, kept, shown_name
from engine.datasets import BUILT_IN, FORMATS, DataError, Dataset, facts, load
from engine.limits import UPLOAD, LimitError, any_path
from engine.rundir import runs_folder

BRING = "a file of mine …"
TITLES = {"mnist": "MNIST, 28×28", "mnist16": "MNIST shrunk to 16×16", BRING: "A file of mine …"}
FEWEST = 20  # images below which nothing can be learned and checked
STRIP = 12  # sample images
SCALE = 2  # pixels of the page for each of the image's


@dataclass
class Bringing:
    """Whether the person is about to bring a file."""

    open: bool = False
    mounts: int = 0  # grows to mount a fresh, empty uploader
    problem: str = ""


def render() -> int:
    """The menu, and what there is to say of the choice. Returns how many images there are to learn from."""
    draft, bringing = session.draft(), session.kept("bringing", Bringing)
    source = draft.rest.data.source
    own = [each.source for each in kept(folder())]

    def chosen(name: str) -> None:
        bringing.open, bringing.problem = name == BRING, ""
        if name != BRING:
            draft.put("data.source", name)

    held = locks.current()
    about = say(
        "What the network learns from. MNIST ships with the page; bring your own images as {formats}.", formats=FORMATS
    )
    label, dressed = held.dress("data.source", say("Data"), about)
    if held.hides("data.source"):
        return _images(source)
    controlled(
        st.selectbox,
        label,
        f"data-source{'-locked' if held.locks('data.source') else ''}",
        BRING if bringing.open else source,
        chosen,
        options=list(dict.fromkeys([*BUILT_IN, *own, source, BRING])),
        format_func=lambda name: translated(TITLES[name]) if name in TITLES else shown_name(name),
        label_visibility="visible" if held.locks("data.source") else "collapsed",
        **dressed,
    )
    with st.container(key="own-data", gap="xsmall"):
        if bringing.open:
            _bring(bringing)
        elif source not in BUILT_IN:
            _preview(source)
    return _images(source)


def _images(source: str) -> int:
    """How many there are to learn from."""
    try:
        return facts(source).images
    except DataError:
        return facts("mnist").images


def folder() -> Path:
    """Where data files are kept; those of a browser by themselves, where runs belong to browsers."""
    return _all_files() / visitor.folder_name()


def _all_files() -> Path:
    return runs_folder().resolve().with_name("data")


def _bring(bringing: Bringing) -> None:
    """A place to drop files on, and a field for a path, for what is too large to send."""
    st.caption(say("{formats}. It stays on this computer.", formats=FORMATS) if any_path() else f"{FORMATS}.")
    key = f"own-upload-{bringing.mounts}"
    st.file_uploader(
        say("Files"),
        accept_multiple_files=True,
        max_upload_size=max(UPLOAD.value() >> 20, 1),
        key=key,
        on_change=lambda: _take_files(bringing, key),
        label_visibility="collapsed",
    )
    path_key = f"own-path-{bringing.mounts}"
    if any_path():
        st.text_input(
            say("or the path of a file or folder"),
            key=path_key,
            placeholder="/home/me/usps16.mat",
            on_change=lambda: _take_path(bringing, path_key),
        )
    if bringing.problem:
        st.error(literal(translated(bringing.problem)))


def _take_files(bringing: Bringing, key: str) -> None:
    files = [(each.name, each.getvalue()) for each in st.session_state[key] or []]
    if not files:
        return
    try:
        _use(bringing, keep(folder(), files, _all_files()).source)
    except (DataError, LimitError) as error:
        bringing.problem = str(error)
    except OSError as error:
        bringing.problem = say("The file cannot be kept: {strerror}.", strerror=error.strerror)
    bringing.mounts += 1


def _take_path(bringing: Bringing, key: str) -> None:
    text = str(st.session_state[key]).strip().strip("\"'")
    if not text:
        return
    try:
        path = str(Path(text).expanduser().resolve()) if text not in BUILT_IN else text
    except (OSError, RuntimeError, ValueError):  # no home folder, a circle of links, a character that no path has
        path = text
    try:
        _use(bringing, path)
        bringing.mounts += 1
    except DataError as error:
        bringing.problem = str(error)


def _use(bringing: Bringing, source: str) -> None:
    """Learn from it, with as many images as it has room for."""
    count = len(load(source).images)
    if count < FEWEST:
        raise DataError(f"it has {count} images to learn from; at least {FEWEST} are needed.")
    session.draft().put("data.source", source)
    bringing.open, bringing.problem = False, ""


def _preview(source: str) -> None:
    try:
        data = load(source)
    except DataError as error:
        st.error(literal(translated(str(error))))
        return
    st.image(strip(source, len(data.images), data.image_shape), caption=None, width="content")
    st.caption(literal(in_words(data)))


def in_words(data: Dataset) -> str:
    """How much there is of it, and what was changed on the way."""
    validation = say(", {count:,} for validation", count=len(data.validation[1])) if data.validation else ""
    height, width, _ = data.image_shape
    counts = say(
        "{count:,} images to learn from{validation}, {count2:,} for the test; {classes} classes; "
        "{height}×{width} pixels.",
        count=len(data.images),
        validation=validation,
        count2=len(data.test_labels),
        classes=data.classes,
        height=height,
        width=width,
    )
    return " ".join([counts, *map(translated, data.notes)])


@functools.lru_cache(maxsize=4)
def strip(source: str, count: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Sample images side by side, one of each class first. count and shape tell a changed file from the old one."""
    data = load(source)
    firsts = np.unique(data.labels, return_index=True)[1]
    chosen = [*firsts[:STRIP], *(place for place in range(len(data.labels)) if place not in set(firsts))][:STRIP]
    width = shape[1]
    row = np.concatenate([np.pad(data.images[place], ((0, 0), (0, 1))) for place in chosen], axis=1)
    scale = SCALE if width <= 20 else 1
    return np.asarray(cv2.resize(row, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST), np.uint8)
