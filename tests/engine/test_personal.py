"""A person's own drawings: kept, changed, taken along, and mixed into a run."""

import io
import zipfile

import cv2
import numpy as np
import pytest

from engine.config import DataConfig, TrainingConfig
from engine.datasets import DataError, load_split, planned_images
from engine.datasets import npz as npz_module
from engine.datasets import personal as personal_module
from engine.datasets.hand_files import from_bytes, to_npz, to_zip
from engine.datasets.inks import ink_of, prepared_ink
from engine.datasets.mixing import MOST_REPEATS, mix_in
from engine.datasets.personal import EMPTY, HandFile, read_hand, write_hand
from engine.drawing import prepare
from engine.trainer import Trainer


def drawn(number):
    """A stroke that no other number has, on a canvas of 280 pixels."""
    canvas = np.zeros((280, 280, 4), np.uint8)
    canvas[..., 3] = 255
    end = (200 - 7 * (number % 12), 220)
    cv2.line(canvas, (60 + 9 * (number % 9), 40), end, (255, 255, 255, 255), 16 + number // 30)
    cv2.line(canvas, end, (90 + number, 120), (255, 255, 255, 255), 16)
    return prepare(canvas)


def ink(number):
    return ink_of(drawn(number))


def some(count, first=0):
    """A set of `count` drawings with labels 0, 1, ... 9, 0, ..."""
    hand = EMPTY
    for number in range(first, first + count):
        hand = hand.added(ink(number), number % 10)
    return hand


@pytest.fixture
def file(tmp_path):
    return HandFile(tmp_path / "my_hand.npz")


def same(one, other):
    return one.digest() == other.digest()


def test_what_was_added_is_read_again(file):
    assert len(file.read()) == 0
    file.change(lambda hand: hand.added(ink(0), 7, drawn(0).image))
    hand = HandFile(file.path).read()
    assert hand.labels.tolist() == [7]
    np.testing.assert_array_equal(hand.images[0], drawn(0).image)
    np.testing.assert_array_equal(hand.inks[0], ink(0))


def test_the_kept_ink_gives_nearly_the_image_that_the_network_saw():
    apart = [np.abs(prepared_ink(ink(n)).astype(int) - drawn(n).image).mean() for n in range(12)]
    assert np.median(apart) < 1  # of 255
    assert max(apart) < 10  # where a side is rounded the other way: one pixel along the strokes
    assert prepared_ink(ink(0), 16).shape == (16, 16)


def test_from_the_sixth_every_third_drawing_is_held_back_whatever_is_deleted():
    hand = some(12)
    assert np.flatnonzero(hand.held).tolist() == [5, 8, 11]
    fewer = hand.without(6)  # the first that is held
    assert np.flatnonzero(fewer.held).tolist() == [7, 10]  # ids 9 and 12, as before
    assert fewer.held_back.ids.tolist() == [9, 12]
    assert set(fewer.learned.ids) | set(fewer.held_back.ids) == set(fewer.ids)
    assert fewer.added(ink(40), 1).held[-1]  # one is missing now


def test_the_same_drawing_is_kept_once_and_a_second_label_corrects_the_first():
    hand = some(4)
    again = hand.added(ink(1), 9)
    assert len(again) == 4
    assert again.labels.tolist() == [0, 9, 2, 3]


def test_relabel_and_delete_go_by_the_name_that_stays():
    hand = some(4).without(1).relabelled(3, 8)
    assert hand.ids.tolist() == [2, 3, 4]
    assert hand.labels.tolist() == [1, 8, 3]
    assert hand.added(ink(9), 0).ids.tolist() == [2, 3, 4, 5]


def test_a_full_set_says_so(monkeypatch):
    more = some(6)
    monkeypatch.setattr(personal_module, "MOST", 3)
    hand = some(3)
    with pytest.raises(DataError, match="full: it holds 3"):
        hand.added(ink(5), 1)
    assert len(hand.merged(more)) == 3
    assert len(EMPTY.merged(more)) == 3


@pytest.mark.parametrize("label", [-1, 10, 255])
def test_a_label_that_is_no_digit_is_refused(label):
    with pytest.raises(DataError, match="from 0 to 9"):
        some(1).added(ink(2), label)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut", "half", "pickle", "labels", "shape"])
def test_a_damaged_file_is_moved_aside_and_nothing_is_lost(file, damage):
    write_hand(file.path, some(3))
    whole = file.path.read_bytes()
    arrays = dict(np.load(file.path))
    if isinstance(damage, bytes):
        file.path.write_bytes(damage)
    elif damage == "half":
        file.path.write_bytes(whole[: len(whole) // 2])
    elif damage == "pickle":
        np.savez(file.path, **arrays | {"labels": np.array([{}], object)}, allow_pickle=True)
    elif damage == "labels":
        np.savez(file.path, **arrays | {"labels": np.full(3, 77, np.uint8)})
    else:
        np.savez(file.path, **arrays | {"inks": np.zeros((3, 5, 5), np.uint8)})
    before = file.path.read_bytes()
    with pytest.raises(DataError, match=r"moved to my_hand\.damaged"):
        file.read()
    (aside,) = file.path.parent.glob("my_hand.damaged-*.npz")
    assert aside.read_bytes() == before
    assert len(file.read()) == 0
    assert len(file.change(lambda hand: hand.added(ink(0), 1))) == 1


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError()])
def test_a_file_that_cannot_be_read_for_now_stays_where_it_is(file, error, monkeypatch):
    write_hand(file.path, some(3))

    def fails(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(npz_module.zipfile, "ZipFile", fails)
        with pytest.raises(DataError, match=r"my_hand\.npz cannot be read: (Input|not enough memory)"):
            file.read()
        with pytest.raises(DataError):
            file.change(lambda hand: hand.added(ink(4), 4))
    assert len(file.read()) == 3


def test_a_file_that_is_whole_at_the_second_look_is_not_moved(file, monkeypatch):
    """Another tab may have put a whole set in the place of a damaged one meanwhile."""
    write_hand(file.path, some(3))
    looks = iter([DataError("damaged")])

    def read(path, *_):
        for error in looks:
            raise error
        return read_hand(path)

    monkeypatch.setattr(personal_module, "_read", read)
    assert len(file.read()) == 3
    assert file.path.exists()


def test_a_frozen_file_stays_as_it_was_and_tells_when_it_was_changed(file):
    hand = file.change(lambda _: some(4))
    frozen = file.freeze(hand)
    file.change(lambda now: now.without(1))
    assert same(read_hand(frozen), hand)
    assert file.freeze(hand) == frozen
    write_hand(frozen, some(3))
    with pytest.raises(DataError, match="its contents were changed"):
        read_hand(frozen)


@pytest.mark.parametrize("write", [to_npz, to_zip])
def test_what_was_exported_is_imported_with_labels_and_what_is_held(write):
    hand = some(7)
    back = from_bytes(write(hand))
    np.testing.assert_array_equal(back.inks, hand.inks)
    assert back.labels.tolist() == hand.labels.tolist()
    assert back.held.tolist() == hand.held.tolist()


def test_an_import_adds_what_is_new():
    hand = some(5).merged(from_bytes(to_zip(some(8))))
    assert len(hand) == 8
    assert hand.ids.tolist() == list(range(1, 9))


def test_a_zip_from_elsewhere_is_read_dark_on_light_and_of_any_size():
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for digit, size in ((3, 300), (8, 64)):
            picture = np.full((size, size, 3), 255, np.uint8)
            cv2.circle(picture, (size // 2, size // 2), size // 4, (90, 20, 20), size // 12)
            file.writestr(f"mine/{digit}/a.png", cv2.imencode(".png", picture)[1].tobytes())
        file.writestr("../../etc/passwd", "not a picture")
    hand = from_bytes(memory.getvalue())
    assert hand.labels.tolist() == [3, 8]
    assert hand.images[:, 14, 14].tolist() == [0, 0]  # the middle of the ring is empty
    assert (hand.images.max(axis=(1, 2)) == 255).all()


def as_zip(name, data):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr(name, data)
    return memory.getvalue()


huge = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip", as_zip("readme.txt", "x"), as_zip("7/a.png", b"\x89PNG"), as_zip("7/a.png", huge)],
    ids=["empty", "text", "no pictures", "cut short", "too large"],
)
def test_what_is_no_set_of_drawings_is_refused_in_words(data):
    with pytest.raises(DataError, match=r"[a-z]{4}"):
        from_bytes(data)


def test_an_empty_picture_is_refused_in_words():
    blank = cv2.imencode(".png", np.zeros((50, 50), np.uint8))[1].tobytes()
    with pytest.raises(DataError, match="no ink"):
        from_bytes(as_zip("7/a.png", blank))


def test_drawings_are_mixed_into_the_training_images_only(digits, file):
    hand = some(6)
    path = file.freeze(hand)
    mixed = mix_in(digits, str(path), 0.3)
    new = mixed.train_images[len(digits.train_images) :]
    assert len(new) == 30  # 30 / (70 + 30)
    prepared = {image.tobytes() for image in hand.learned.images_for(8)}
    assert {image.tobytes() for image in new} == prepared
    assert not {image.tobytes() for image in hand.held_back.images_for(8)} & prepared
    np.testing.assert_array_equal(mixed.train_images[:70], digits.train_images)
    assert mixed.validation_images is digits.validation_images
    assert mixed.scaling == digits.scaling


def test_a_few_drawings_are_not_repeated_without_end(digits, file):
    mixed = mix_in(digits, str(file.freeze(some(1))), 0.9)
    assert len(mixed.train_images) == 70 + MOST_REPEATS


@pytest.mark.parametrize(
    ("drawings", "share", "images", "added"), [(7, 0.25, 500, 30), (1, 0.9, 500, 0), (9, 0.01, 40, 0)]
)
def test_the_images_of_an_epoch_are_known_beforehand_with_drawings(file, drawings, share, images, added):
    path = file.freeze(some(drawings))
    data = DataConfig(train_images=images, validation_images=10, added_images=added, personal=str(path),
                      personal_share=share)  # fmt: skip
    assert planned_images(data) == len(load_split(data, 1).train_images)
    path.unlink()
    with pytest.raises(DataError, match="no drawings under"):
        planned_images(data)


def test_a_set_without_anything_to_learn_from_says_so(digits, file):
    with pytest.raises(DataError, match="no drawing to learn from"):
        mix_in(digits, str(file.freeze(EMPTY)), 0.3)


def test_the_same_settings_give_the_same_bits_however_the_set_grows(tiny, file):
    hand = file.change(lambda _: some(6))
    frozen = str(file.freeze(hand))
    config = tiny.with_values({"data.personal": frozen, "data.personal_share": 0.4, "epochs": 1})
    assert TrainingConfig.from_json(config.to_json()) == config

    def weights():
        trainer = Trainer(config, load_split(config.data, config.seed))
        list(trainer.run())
        return trainer.network.vector.tobytes()

    first = weights()
    file.change(lambda now: now.added(ink(50), 3))
    assert weights() == first
    plain = Trainer(config.with_values({"data.personal": ""}), load_split(tiny.data, tiny.seed))
    list(plain.run())
    assert plain.network.vector.tobytes() != first
