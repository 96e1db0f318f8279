"""Learn my hand, and why an answer: the panels without a browser."""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.charts.heat import AGAINST, FOR, change, over_digit, shades, signed
from dashboard.drawing.readers import pretrained
from dashboard.hand.hand_figures import Score, before, elsewhere, score, tuning_of
from engine import load_checkpoint
from engine.datasets.hand_files import to_zip
from engine.datasets.inks import ink_of
from engine.datasets.personal import EMPTY, Hand, HandFile, read_hand, write_hand
from engine.drawing import prepare
from engine.rundir import runs
from engine.tuning import tuning
from tests.dashboard.shown import checked, said

CONVNET = pretrained()[0].path


def drawing(number: int) -> np.ndarray[Any, Any]:
    """A seven, each number's a little different, as a canvas gives it."""
    image = np.zeros((280, 280, 4), np.uint8)
    image[..., 3] = 255
    points = np.array([(80 + number, 70), (200, 70 + number % 7), (130 + number, 220)], np.int32)
    cv2.polylines(image, [points.reshape(-1, 1, 2)], False, (255, 255, 255, 255), 18)
    return image


def sevens(count: int) -> Hand:
    hand = EMPTY
    for number in range(count):
        prepared = prepare(drawing(number))
        assert prepared is not None
        hand = hand.added(ink_of(prepared), 7, prepared.image)
    return hand


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HandFile]:
    """A set of drawings and a folder for runs of its own."""
    monkeypatch.setenv("INKLING_HAND", str(tmp_path / "my_hand.npz"))
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("INKLING_SPARE", "0")
    session.runs.clear()
    yield HandFile()
    session.runs().close()
    session.runs.clear()


def page(panel: str, number: int | None = 0) -> AppTest:
    """One panel by itself, with a drawing if there is a number."""

    def script():  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard import session
        from dashboard.drawing.readers import choose
        from dashboard.explaining import why
        from dashboard.hand import my_hand
        from engine.drawing import prepare

        session.follow_address("draw")
        run_id = session.shown().run_id
        reader = choose(session.runs().open(run_id) if run_id else None)
        image = st.session_state["image"]
        prepared = None if image is None else prepare(image)
        if st.session_state["panel"] == "why":
            why.render(reader, prepared)
        else:
            my_hand.render(reader, prepared)

    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["panel"] = panel
    at.session_state["image"] = None if number is None else drawing(number)
    return checked(at.run())


def pills(at: AppTest, name: str) -> Any:
    """The pills of this name, whichever version of them is mounted."""
    return next(each for each in at.get("button_group") if (each.key or "").partition("--")[0] == name)


def button(at: AppTest, key: str) -> Any:
    return next(each for each in at.button if each.key == key)


def test_an_empty_pad_asks_for_a_drawing(file: HandFile) -> None:
    assert "Draw a digit, and say here" in said(page("hand", None))


def test_a_right_answer_is_kept_with_its_label_and_a_second_click_takes_it_out(file: HandFile) -> None:
    at = page("hand")
    checked(button(at, "hand-confirm").click().run())
    assert "Kept as a 7." in said(at)
    assert file.read().labels.tolist() == [7]
    assert button(at, "hand-confirm").disabled
    checked(pills(at, "hand-label").set_value(None).run())
    assert "Taken out again." in said(at)
    assert len(file.read()) == 0


def test_a_wrong_answer_is_corrected(file: HandFile) -> None:
    at = page("hand")
    checked(pills(at, "hand-label").set_value(1).run())
    assert file.read().labels.tolist() == [1]
    checked(pills(at, "hand-label").set_value(2).run())
    assert file.read().labels.tolist() == [2]
    assert len(file.read()) == 1


def test_a_chosen_drawing_is_relabelled_and_deleted(file: HandFile) -> None:
    write_hand(file.path, sevens(3))
    at = page("hand", None)
    at.session_state["hand"].chosen = 2
    checked(at.run())
    checked(pills(at, "hand-relabel").set_value(4).run())
    assert file.read().labels.tolist() == [7, 4, 7]
    checked(button(at, "hand-delete").click().run())
    assert file.read().ids.tolist() == [1, 3]
    assert "Drawing 2 is deleted." in said(at)


def test_a_damaged_set_is_said_in_words_and_the_next_drawing_is_kept(file: HandFile) -> None:
    file.path.write_bytes(b"PK no set")
    at = page("hand")
    assert "moved to my_hand.damaged" in said(at)
    checked(button(at, "hand-confirm").click().run())
    assert len(file.read()) == 1


def test_figures_are_of_drawings_that_are_held_back_when_there_are_enough() -> None:
    model = load_checkpoint(CONVNET)
    few, many = score(model, sevens(8)), score(model, sevens(12))
    assert few is not None
    assert many is not None
    assert (few.count, few.held) == (8, False)
    assert (many.count, many.held) == (3, True)  # the 6th, 9th and 12th
    assert score(model, EMPTY) is None
    assert Score(10, 12, True).words == "83 % (10 of 12)"
    assert elsewhere(model).endswith("% of the test images")


def test_tuning_goes_on_from_the_weights_and_freezes_all_but_the_last_layer(file: HandFile) -> None:
    model = load_checkpoint(CONVNET)
    frozen = file.freeze(sevens(3))
    last, everything = (tuning(model, CONVNET, frozen, scope) for scope in ("last", "all"))
    assert last.frozen == tuple(range(len(model.config.layers) - 1))
    assert everything.frozen == ()
    assert last.layers == model.config.layers
    assert (last.start_from, last.data.personal) == (str(CONVNET.resolve()), str(frozen))
    assert last.seed == model.config.seed  # validation with images that the first run did not learn from either
    with pytest.raises(ValueError, match="last, all"):
        tuning(model, CONVNET, frozen, "first")


def test_a_click_starts_a_run_that_learns_and_the_figures_before_and_after_stand_there(
    file: HandFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.tuning.IMAGES", 100)
    monkeypatch.setattr("engine.tuning.EPOCHS", 1)
    write_hand(file.path, sevens(9))
    at = page("hand")
    assert "Now: the pretrained network" in said(at)
    checked(button(at, "hand-learn-last").click().run())
    (run,) = runs(session.runs().root)
    assert at.session_state["shown"].run_id == run.id
    end = time.monotonic() + 60
    while run.status().state != "ended":
        assert time.monotonic() < end, run.status()
        time.sleep(0.1)
    assert run.status().reason == "finished"
    checked(at.run())
    assert "Before learning" in said(at)
    assert "After learning with the last layer" in said(at)
    config = tuning_of(run)
    assert config is not None
    started, ended = before(config), load_checkpoint(run.final)
    assert started is not None
    np.testing.assert_array_equal(started.network.params[0]["weight"], ended.network.params[0]["weight"])
    assert not np.array_equal(started.network.params[-1]["weight"], ended.network.params[-1]["weight"])


def test_own_drawings_are_mixed_in_from_the_sidebar_as_they_are_then(file: HandFile) -> None:
    app = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
    at = checked(AppTest.from_file(str(app), default_timeout=60).run())
    assert not [each for each in at.toggle if each.label == "Mix in my own drawings"]  # there are none yet
    write_hand(file.path, sevens(2))
    checked(at.run())
    checked(next(each for each in at.toggle if each.label == "Mix in my own drawings").set_value(True).run())
    config = at.session_state["draft"].config
    assert read_hand(Path(config.data.personal)).digest() == sevens(2).digest()
    write_hand(file.path, sevens(3))
    checked(at.run())
    assert "have changed since" in said(at)
    checked(button(at, "personal-again").click().run())
    assert read_hand(Path(at.session_state["draft"].config.data.personal)).digest() == sevens(3).digest()
    checked(next(each for each in at.toggle if each.label == "Mix in my own drawings").set_value(False).run())
    assert at.session_state["draft"].config.data.personal == ""


def test_the_sidebar_says_that_weights_are_not_new_and_offers_new_ones(file: HandFile) -> None:
    app = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
    at = checked(AppTest.from_file(str(app), default_timeout=60).run())
    model = load_checkpoint(CONVNET)
    at.session_state["draft"].load(tuning(model, CONVNET, file.freeze(sevens(2)), "last"))
    checked(at.run())
    assert "the first 13 layers stay as they are" in said(at)
    checked(button(at, "new-weights").click().run())
    config = at.session_state["draft"].config
    assert (config.start_from, config.frozen) == ("", ())


def test_all_drawings_are_deleted_only_after_a_second_yes(file: HandFile) -> None:
    write_hand(file.path, sevens(2))
    frozen = file.freeze(file.read())
    at = page("hand", None)
    at.session_state["hand-travel"] = True  # opens the menu
    checked(at.run())
    assert button(at, "hand-delete-all").disabled
    checked(next(each for each in at.checkbox if each.key == "hand-sure").check().run())
    checked(button(at, "hand-delete-all").click().run())
    assert len(file.read()) == 0
    assert frozen.exists()  # a run may have learned from it


def test_drawings_are_brought_and_what_is_none_is_refused(file: HandFile) -> None:
    from dashboard.hand import hand_travel

    at = page("hand", None)
    at.session_state["hand-travel"] = True
    checked(at.run())
    uploader = at.get("file_uploader")[0]
    checked(uploader.upload("mine.zip", to_zip(sevens(4)), "application/zip").run())
    assert "4 drawings were added" in said(at)
    assert len(file.read()) == 4
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    checked(at.get("file_uploader")[0].upload("other.zip", memory.getvalue(), "application/zip").run())
    assert "holds no pictures" in said(at)
    assert len(file.read()) == 4
    assert hand_travel.LARGEST >= 20


@pytest.mark.parametrize("method", ["integrated", "gradient_input", "occlusion", "gradient"])
def test_the_pixels_that_mattered_are_shown_for_each_way_to_find_out(file: HandFile, method: str) -> None:
    at = page("why")
    at.session_state["why"].method = method
    checked(at.run())
    assert "speaks for 7" in said(at)


def test_the_rival_can_be_chosen(file: HandFile) -> None:
    at = page("why")
    checked(next(each for each in at.selectbox if each.key.startswith("why-rival")).set_value(2).run())
    assert "and for 2" in said(at)


@pytest.mark.parametrize(
    ("view", "told"), [("nearest", "Papernot"), ("features", "Conv, layer 1"), ("morph", "pixels' worth of ink")]
)
def test_each_view_says_what_to_look_for(file: HandFile, view: str, told: str) -> None:
    at = page("why")
    checked(pills(at, "why-view").set_value(view).run())
    assert told in said(at)


def test_weights_that_change_are_explained_again_only_when_asked(file: HandFile) -> None:
    at = page("why")
    looked = at.session_state["why"]
    kept, looked.model = looked.model, load_checkpoint(CONVNET)  # as if the file had changed since
    checked(at.run())
    assert at.session_state["why"].model is not kept
    checked(button(at, "why-again").click().run())
    assert at.session_state["why"].model is kept


def test_a_map_is_blue_where_it_speaks_for_and_orange_where_against() -> None:
    values = np.array([[2.0, -2.0, 0.0]])
    picture = over_digit(np.array([[0, 0, 200]], np.uint8), values)
    np.testing.assert_array_equal(picture[0, 0], FOR)
    np.testing.assert_array_equal(picture[0, 1], AGAINST)
    assert picture[0, 2].tolist() == [84, 84, 84]  # the digit shows through: 200 * 0.42
    assert not signed(np.zeros((2, 2))).any()


def test_responses_and_changes_as_pictures() -> None:
    assert shades(np.array([[-1.0, 2.0, 1.0]])).tolist() == [[0, 255, 128]]
    came, went, stayed = change(np.array([[0, 255, 255]], np.uint8), np.array([[255, 0, 255]], np.uint8))[0]
    np.testing.assert_array_equal(came, FOR)
    np.testing.assert_array_equal(went, AGAINST)
    assert len(set(stayed.tolist())) == 1
