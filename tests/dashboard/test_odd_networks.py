"""Networks of one's own data read drawings too: other numbers of classes, images too small, names full of signs."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.drawing.answer import in_words
from dashboard.drawing.pin_curves import Pin
from dashboard.drawing.readers import Reader
from dashboard.hand import hand_figures
from dashboard.session import Sketch
from engine.about import About, write_about
from engine.checkpoint import Checkpoint, Position, write_checkpoint
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.datasets.personal import EMPTY, Hand, prepared_ink
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from tests.dashboard.shown import checked, markdown, said


def write_network(path: Path, side: int = 28, classes: int = 10, favourite: int = 1, width: int = 0) -> Path:
    """A network that says the same of every image."""
    across = width or side
    bias = np.zeros(classes, np.float32)
    bias[favourite] = 9.0
    params = {"1.dense.weight": np.zeros((side * across, classes), np.float32), "1.dense.bias": bias}
    config = TrainingConfig(layers=(Flatten(), Dense(units=classes)))
    write_checkpoint(path, Checkpoint(config, (side, across, 1), classes, Scaling(0.0, 255.0), Position(5), params, {}))
    return path


def one() -> Sketch:
    """An upright stroke."""
    image = np.zeros((300, 300, 4), np.uint8)
    image[..., 3] = 255
    cv2.line(image, (150, 60), (150, 240), (255, 255, 255, 255), 20)
    return Sketch([], image)


def answers(readers: list[Reader]) -> AppTest:
    """The answers of networks to an upright stroke."""

    def script(readers, sheet):  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard.drawing import answer

        html, st.session_state["shares"] = answer.answered(readers, sheet)
        st.html(html)

    return checked(AppTest.from_function(script, args=(readers, one())).run())


def pinned(run: RunFolder, label: int) -> AppTest:
    """An upright stroke pinned as this digit, beside a run."""

    def script(run, items):  # type: ignore[no-untyped-def]  # only its body goes into the page
        from dashboard import session
        from dashboard.drawing import pins
        from dashboard.drawing.pin_curves import Pinned

        session.kept("pins", Pinned).items = items
        pins.render_strip(run, None)

    ink = np.zeros((90, 40), np.uint8)
    cv2.line(ink, (20, 5), (20, 85), 255, 8)
    return checked(AppTest.from_function(script, args=(run, [Pin(0, label, ink)])).run())


@pytest.mark.parametrize(
    ("label", "sentence"),
    [(17, "A 17, more than 99 % sure."), (11, "An 11, more than 99 % sure."), (8, "An eight, more than 99 % sure.")],
)
def test_classes_beyond_nine_are_called_by_their_number(label: int, sentence: str) -> None:
    shares = np.full(26, 1e-5)
    shares[label] = 0.9995
    assert in_words(shares) == (str(label), sentence)


def test_a_drawing_is_read_by_a_network_with_26_classes(tmp_path: Path) -> None:
    found = answers([Reader("letters", write_network(tmp_path / "letters.npz", classes=26, favourite=25))])
    assert "A 25, more than 99 % sure." in said(found)


@pytest.mark.parametrize(("side", "width"), [(6, 6), (12, 20)])
def test_a_network_for_tiny_or_oblong_images_says_that_it_cannot_read_drawings(
    tmp_path: Path, side: int, width: int
) -> None:
    odd = Reader("odd", write_network(tmp_path / "odd.npz", side=side, width=width))
    found = answers([odd])
    assert f"cannot read drawings: odd sees {side}×{width} pixels" in said(found)
    assert found.session_state["shares"] is None
    plain = Reader("plain", write_network(tmp_path / "plain.npz"))
    assert "A one, more than 99 % sure." in said(answers([odd, plain]))


def run_with(folder: Path, **network: Any) -> RunFolder:
    run = RunFolder.create(folder, TrainingConfig(layers=(Flatten(), Dense(units=10))), "odd")
    run.snapshots.mkdir(exist_ok=True)
    write_network(run.snapshots / "000000005.npz", **network)
    write_network(run.latest, **network)
    return run


def test_a_pinned_digit_that_is_no_class_of_the_network_is_said_to_be_none(tmp_path: Path) -> None:
    assert "A 3, for which this network has no class: it knows 0 to 1." in said(
        pinned(run_with(tmp_path, classes=2), 3)
    )


def test_pinned_digits_are_not_asked_of_a_network_for_tiny_images(tmp_path: Path) -> None:
    assert "cannot read drawings" in said(pinned(run_with(tmp_path, side=6), 3))


def test_a_hand_is_not_scored_by_a_network_for_tiny_images(tmp_path: Path) -> None:
    model = Reader("tiny", write_network(tmp_path / "tiny.npz", side=6)).model()
    assert model is not None
    assert hand_figures.score(model, hand(1)) is None


def hand(count: int) -> Hand:
    found = EMPTY
    for number in range(count):
        ink = np.zeros((112, 112), np.uint8)
        cv2.line(ink, (50 + number, 20), (56, 90), 255, 9)
        found = found.added(ink, 1, prepared_ink(ink))
    return found


def test_drawings_are_prepared_once_for_a_size_however_often_the_weights_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    plain = Hand.images_for
    monkeypatch.setattr(Hand, "images_for", lambda self, size: [asked.append(size), plain(self, size)][1])
    drawings = hand(3)
    for step in range(4):
        model = Reader("new", write_network(tmp_path / f"{step}.npz", side=16)).model()
        assert model is not None
        score = hand_figures.score(model, drawings)
        assert score is not None
        assert score.words == "100 % (3 of 3)"
    assert asked == [16]


def test_a_run_named_with_markdown_is_named_as_it_is_written(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    write_about(run, About(name="**loud** ![](http://x.example/y.png)"))
    captions = markdown(pinned(run, 1)).partition("How sure run")[2]
    assert "\\*\\*loud" in captions
    assert "\\!\\[\\]" in captions


def test_runs_of_the_same_name_are_offered_and_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    session.runs.clear()
    for name in ("elder", "younger"):
        run = RunFolder.create(tmp_path, TrainingConfig(layers=(Flatten(), Dense(units=10))), name)
        write_network(run.latest)
        write_about(run, About(name="twin"))

    def script():  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard.drawing import reader_menu

        st.session_state["reading"] = reader_menu.render(reader_menu.choices(None))

    at = checked(AppTest.from_function(script, default_timeout=30).run())
    offered = [each for each in at.multiselect[0].options if "twin" in each]
    assert len(set(offered)) == 2
    at.multiselect[0].set_value(["elder", "younger"])
    checked(at.run())
    found = at.session_state["reading"]
    assert {each.path.parent.name for each in found} == {"elder", "younger"}
    assert len({each.name for each in found}) == 2
    write_about(RunFolder(tmp_path / "elder"), About(name="renamed"))
    assert {each.path.parent.name for each in checked(at.run()).session_state["reading"]} == {"elder", "younger"}
    session.runs().close()
    session.runs.clear()


def test_a_network_whose_file_went_away_does_not_read_and_the_page_says_so(tmp_path: Path) -> None:
    """Also where the page has seen it before."""
    reader = Reader("mine", write_network(tmp_path / "mine.npz"))
    assert answers([reader]).session_state["shares"].shape == (1, 10)
    reader.path.unlink()
    at = answers([reader])
    assert at.session_state["shares"] is None
    assert "No network can read yet" in said(at)
