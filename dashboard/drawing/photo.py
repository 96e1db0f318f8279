"""A photograph or a scan in place of a drawing: from a file, or from the camera of a telephone."""

import cv2
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.session import Photo
from engine.drawing import PictureError, decode_picture
from engine.drawing.photo import MOST_BYTES


def render() -> DeltaGenerator | None:
    """The uploader or the camera, and the picture. Returns a place that lies over it; None while there is none."""
    desk = session.desk()
    if desk.source == "camera":
        st.camera_input(say("Photograph a digit"), key="photo-camera", on_change=_take, args=("photo-camera",))
    else:
        st.file_uploader(
            say("A photograph or a scan of digits, PNG or JPEG"),
            type=["png", "jpg", "jpeg"],
            max_upload_size=MOST_BYTES // 1_000_000,
            key="photo-file",
            on_change=_take,
            args=("photo-file",),
        )
    if desk.problem:
        st.error(literal(translated(desk.problem)), icon=":material/error:")
    if desk.photo is None:
        st.caption(say("Dark ink on light paper reads best; shadows do no harm. The picture is not saved."))
        return None
    with st.container(key="photo-picture"):
        st.image(desk.photo.encoded, width="stretch", alt=say("the picture that is read"))
        return st.empty()


def _take(key: str) -> None:
    """Decode what was sent, once. What another page's visit makes the uploader forget is still on the desk."""
    desk, sent = session.desk(), st.session_state[key]
    desk.photo, desk.problem = None, ""
    if sent is None:
        return
    try:
        desk.photo = photo(sent.getvalue())
    except PictureError as error:
        desk.problem = str(error)


def photo(data: bytes) -> Photo:
    """What a PNG or JPEG file shows. Raises PictureError."""
    pixels = decode_picture(data)
    # PNG only where something is to be seen through: a photograph is a tenth of the size as JPEG
    kind, order = (".png", cv2.COLOR_RGBA2BGRA) if pixels.shape[2] == 4 else (".jpg", cv2.COLOR_RGB2BGR)
    return Photo(pixels, cv2.imencode(kind, cv2.cvtColor(pixels, order))[1].tobytes())
