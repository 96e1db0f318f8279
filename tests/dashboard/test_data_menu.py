"""Data of one's own in the page: brought by upload or path, shown, refused in words; presets in groups."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.settings import own_files, preset_menu
from dashboard.settings.data_menu import BRING
from engine.config import TrainingConfig
from engine.datasets import DataError, load
from engine.limits import LimitError
from engine.presets import PRESETS
from engine.rundir import RunFolder
from tests.dashboard.shown import checked

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for runs of its own; data files go beside it."""
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "runs"))
    session.runs.clear()
    yield tmp_path
    session.runs().close()
    session.runs.clear()


@pytest.fixture
def app(root: Path) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not at.exception, at.exception[0].stack_trace
    return at


def draft(at: AppTest) -> session.Draft:
    found: session.Draft = at.session_state["draft"]
    return found


def menu(at: AppTest) -> Any:
    return next(each for each in at.selectbox if each.key.startswith("data-source"))


def archive(count: int = 120, side: int = 16, classes: int = 10) -> bytes:
    """An .npz with that many images."""
    import io

    rng = np.random.default_rng(0)
    images = np.zeros((count, side, side), np.uint8)
    images[:, 3:-3, 3:-3] = rng.integers(0, 256, (count, side - 6, side - 6))
    file = io.BytesIO()
    np.savez(file, images=images, labels=np.arange(count) % classes)
    return file.getvalue()


def captions(at: AppTest) -> str:
    """As the browser shows them: without the signs that keep text from being Markdown."""
    return "\n".join(each.value for each in at.caption).replace("\\", "")


def test_a_path_becomes_the_data_and_is_described(app: AppTest, root: Path) -> None:
    path = root / "mine.npz"
    path.write_bytes(archive())
    checked(menu(app).set_value(BRING).run())
    field = next(each for each in app.text_input if each.key.startswith("own-path"))
    checked(field.set_value(str(path)).run())
    assert draft(app).config.data.source == str(path)
    assert "100 images to learn from, 20 for the test; 10 classes; 16×16 pixels." in captions(app)
    assert "held back for the test" in captions(app)
    checked(menu(app).set_value("mnist").run())
    assert draft(app).config == TrainingConfig()


def test_what_cannot_be_read_is_explained_and_changes_nothing(app: AppTest, root: Path) -> None:
    (root / "text.csv").write_text("hello")
    checked(menu(app).set_value(BRING).run())
    for text in ("nowhere.mat", str(root / "text.csv"), str(root), "\0"):
        field = next(each for each in app.text_input if each.key.startswith("own-path"))
        checked(field.set_value(text).run())
        assert any("expected" in each.value for each in app.error), text
        assert draft(app).config == TrainingConfig()


def test_a_preset_for_small_digits_keeps_the_persons_file_of_that_size(app: AppTest, root: Path) -> None:
    path = root / "mine.npz"
    path.write_bytes(archive())
    draft(app).put("data.source", str(path))
    checked(app.run())
    preset = next(each for each in app.selectbox if each.key.startswith("preset"))
    checked(preset.set_value("16x16-deep").run())
    assert draft(app).config.data.source == str(path)
    assert preset_menu.name_of(draft(app).config) == "16x16-deep"
    preset = next(each for each in app.selectbox if each.key.startswith("preset"))
    checked(preset.set_value("mnist-adam").run())
    assert draft(app).config == PRESETS["mnist-adam"].config


def test_fine_tuning_asks_for_a_run_with_the_same_layers(app: AppTest, root: Path) -> None:
    preset = next(each for each in app.selectbox if each.key.startswith("preset"))
    checked(preset.set_value("16x16-fine-tuning").run())
    assert "Train the preset '16x16-deep' first" in app.warning[0].value
    base = RunFolder.create(root / "runs", PRESETS["16x16-deep"].config, "deep-one")
    base.final.write_bytes(b"weights")
    other = RunFolder.create(root / "runs", TrainingConfig(), "another")
    other.final.write_bytes(b"weights")
    checked(app.run())
    choice = next(each for each in app.selectbox if each.key.startswith("base-run"))
    assert choice.options == ["deep-one", "choose a run …"]
    checked(choice.set_value(str(base.final)).run())
    assert draft(app).config.start_from == str(base.final)
    assert preset_menu.name_of(draft(app).config) == "16x16-fine-tuning"
    assert not app.warning
    checked(app.selectbox[0].set_value("lenet").run())
    checked(app.selectbox[0].set_value("16x16-fine-tuning").run())
    assert draft(app).config.start_from == str(base.final), "the newest is taken at once"


# --- files that were sent --------------------------------------------------------------------------------------


def test_a_file_is_kept_once_under_its_content_and_found_again_by_its_name(tmp_path: Path) -> None:
    first = own_files.keep(tmp_path / "data", [("../../usps 16.mat", archive())])
    again = own_files.keep(tmp_path / "data", [("other name", archive())])
    assert first.source == again.source
    assert Path(first.source).resolve().is_relative_to((tmp_path / "data").resolve())
    assert [each.name for each in own_files.kept(tmp_path / "data")] == ["....usps 16.mat"]
    assert own_files.shown_name(first.source) == "....usps 16.mat"
    assert load(first.source).images.shape == (100, 16, 16)


def test_several_files_are_one_data_set(tmp_path: Path) -> None:
    def idx(array: np.ndarray[Any, Any]) -> bytes:
        return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()

    images = np.zeros((40, 8, 8), np.uint8)
    images[:, 2:6, 2:6] = np.arange(40, dtype=np.uint8)[:, None, None] * 6
    labels = (np.arange(40) % 4).astype(np.uint8)
    files = [("train-images-idx3-ubyte", idx(images)), ("train-labels-idx1-ubyte", idx(labels)),
             ("t10k-images-idx3-ubyte", idx(images[:8])), ("t10k-labels-idx1-ubyte", idx(labels[:8]))]  # fmt: skip
    kept = own_files.keep(tmp_path, files)
    data = load(kept.source)
    assert (len(data.images), len(data.test_images), data.classes) == (40, 8, 4)
    assert kept.name == "train-images-idx3-ubyte and 3 more"


@pytest.mark.parametrize("files", [[], [("a", b"")], [("a.npz", b"PK")], [("x", b"1")] * 7])
def test_what_is_no_data_leaves_nothing_behind(tmp_path: Path, files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(DataError):
        own_files.keep(tmp_path, files)
    assert list(tmp_path.iterdir()) == []


def test_there_is_a_limit_to_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_DATA_BYTES", "10K")
    with pytest.raises(LimitError, match=r"are the most here \(limit INKLING_DATA_BYTES\)"):
        own_files.keep(tmp_path, [("big.npz", archive(1000))])
    assert list(tmp_path.iterdir()) == []


def test_all_people_together_have_that_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_files.keep(tmp_path / "ann", [("first.npz", archive(100))], tmp_path)
    monkeypatch.setenv("INKLING_DATA_BYTES", str(len(archive(100)) + 1000))
    with pytest.raises(LimitError, match="INKLING_DATA_BYTES"):
        own_files.keep(tmp_path / "ben", [("second.npz", archive(101))], tmp_path)


def test_one_file_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_UPLOAD_BYTES", "5K")
    with pytest.raises(LimitError, match=r"big\.npz has .*; .* are the most here \(limit INKLING_UPLOAD_BYTES\)"):
        own_files.keep(tmp_path, [("big.npz", archive(1000))])


def test_names_of_files_are_not_taken_for_markdown(app: AppTest, root: Path) -> None:
    nowhere = root / "**loud**.mat"
    checked(menu(app).set_value(BRING).run())
    field = next(each for each in app.text_input if each.key.startswith("own-path"))
    checked(field.set_value(str(nowhere)).run())
    assert any("\\*\\*loud\\*\\*" in each.value for each in app.error)


def test_an_upload_that_was_cut_short_can_be_repeated(tmp_path: Path) -> None:
    data = archive()
    folder = Path(own_files.keep(tmp_path, [("mine.npz", data)]).source).parent
    (folder / "about.json").unlink()
    (folder / "file").write_bytes(data[:100])  # the page was ended while it wrote
    kept = own_files.keep(tmp_path, [("mine.npz", data)])
    assert len(load(kept.source).images) == 100
    assert [each.name for each in own_files.kept(tmp_path)] == ["mine.npz"]
