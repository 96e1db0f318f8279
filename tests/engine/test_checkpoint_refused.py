"""Files that are no whole checkpoint are refused in words, whatever they are."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from engine.checkpoint import CheckpointError, PassingError, load_checkpoint, read_checkpoint
from engine.layers import ShapeError
from engine.trainer import Trainer
from tests.engine.checkpoint_files import header_of, members, rewrite

# --- files that are refused ------------------------------------------------------------------------------------


def refused(path, match="."):
    with pytest.raises(CheckpointError, match=match) as error:
        load_checkpoint(path)
    assert len(str(error.value)) < 500
    return str(error.value)


def test_a_missing_file_a_folder_and_an_empty_file_are_refused(tmp_path):
    refused(tmp_path / "none.npz", "there is no checkpoint")
    refused(tmp_path, "not a readable checkpoint")
    (tmp_path / "empty.npz").write_bytes(b"")
    refused(tmp_path / "empty.npz", "not a readable checkpoint")


def test_pickles_are_refused_and_never_run(tmp_path, saved):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    (tmp_path / "trap.npz").write_bytes(pickle.dumps(Trap()))
    refused(tmp_path / "trap.npz", "not a readable checkpoint")
    rewrite(saved, **{"params/1.dense.weight": np.array([Trap()], object)})
    refused(saved, "Python objects, which are not read")
    assert not (tmp_path / "sprung").exists()


def test_text_single_arrays_and_other_zips_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("I am no checkpoint")
    refused(tmp_path / "text.npz", "not a readable checkpoint")
    np.save(tmp_path / "one.npy", np.zeros(3))
    refused(tmp_path / "one.npy", "not a readable checkpoint")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    refused(tmp_path / "other.npz", "not a readable checkpoint")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as file:
        file.writestr("header.npy", "no array")
    refused(tmp_path / "zip.npz", "header is no array")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_damaged_compressed_members_are_refused(saved, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    data = bytearray(packed.getvalue())
    saved.write_bytes(data)
    load_checkpoint(saved)  # packed like this it is still a good file
    for place in range(60, 1200, 3):
        data[place] ^= 0x55
    saved.write_bytes(data)
    refused(saved, "not a readable checkpoint|damaged")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    refused(saved, "not a readable checkpoint")


@pytest.mark.parametrize("group", ["params", "average", "slots/m", "slots/v"])
def test_wrong_shapes_kinds_and_numbers_are_named(saved, group):
    name = f"{group}/1.dense.weight"
    good = members(saved)[name]
    for bad, match in [
        (good[:, :5], r"should be float32 \(64, 12\); it is float32 \(64, 5\)"),
        (good.astype(np.float64), "it is float64"),
        (good.astype("S4"), "should be float32"),
        (good * np.nan, "not finite"),
        (good * np.inf, "not finite"),
        (None, "not a readable checkpoint"),
    ]:
        rewrite(saved, **{name: bad})
        assert "1.dense.weight" in refused(saved, match)
        rewrite(saved, **{name: good})
    load_checkpoint(saved)


def test_a_huge_claimed_shape_is_refused_before_memory_is_asked_for(saved):
    """The member says 2^40 numbers; to read it would end in a MemoryError, or worse, not end."""
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(claim, {"descr": "<f4", "fortran_order": False, "shape": (2**20, 2**20)})
    replace_member(saved, "params/1.dense.weight.npy", claim.getvalue())
    refused(saved, "should be float32")


@pytest.mark.parametrize(("side", "match"), [(64, "should hold 67,108,864 bytes"), (512, "67,108,864 are the most")])
def test_a_huge_network_without_its_numbers_is_refused_before_memory_is_asked_for(saved, side, match):
    """Header and member agree on 67 MB, or on 4 GB; the file is 50 KB."""
    header = header_of(saved)
    header["image_shape"] = [side, side, 1]
    header["config"]["layers"] = [
        "Flatten",
        {"kind": "Dense", "units": 4096, "bias": "none"},
        {"kind": "Dense", "units": 10},
    ]
    slots = {name: None for name in members(saved) if name.startswith(("slots", "average"))}
    rewrite(saved, header=header, **slots)
    claim = io.BytesIO()
    np.lib.format.write_array_header_1_0(claim, {"descr": "<f4", "fortran_order": False, "shape": (side * side, 4096)})
    replace_member(saved, "params/1.dense.weight.npy", claim.getvalue())
    refused(saved, match)


def test_a_run_over_the_limits_of_training_can_still_be_read_but_not_gone_on_with(saved, digits, monkeypatch):
    """An installation's limits may be lowered after a run was trained; its weights are not damaged by that."""
    for variable in ("INKLING_MEMORY_BYTES", "INKLING_PARAMETERS"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, "100")
            model = load_checkpoint(saved)
            assert model.outputs(digits.test_images).shape == (len(digits.test_images), model.classes)
            with pytest.raises(ShapeError, match=variable):
                Trainer(model.config, digits, model.checkpoint)


def test_a_limit_that_is_no_number_does_not_make_a_file_damaged(saved, monkeypatch):
    monkeypatch.setenv("INKLING_PARAMETERS", "many")
    with pytest.raises(PassingError, match=r"saved\.npz cannot be read: INKLING_PARAMETERS must be a whole number"):
        read_checkpoint(saved)


def test_a_network_that_gives_more_numbers_for_an_image_than_there_is_memory_is_refused(saved):
    """Its weights are few: only what comes out of its layers is large, 268 million numbers for one image."""
    header = header_of(saved)
    header["image_shape"] = [512, 512, 1]
    header["config"]["layers"] = [
        {"kind": "Conv", "channels": 512, "kernel": 1, "padding": "same"},
        {"kind": "Conv", "channels": 512, "kernel": 1, "padding": "same"},
        {"kind": "MaxPool", "size": 14},
        {"kind": "MaxPool", "size": 14},
        "Flatten",
        {"kind": "Dense", "units": 10},
    ]
    rewrite(saved, header=header)
    refused(saved, "67,108,864 are the most|INKLING_MEMORY_BYTES")


def replace_member(path, name, data, twin=None):
    """Put a member in place of another; `twin` is added beside it under the name without .npy."""
    with zipfile.ZipFile(path) as file:
        content = {each: file.read(each) for each in file.namelist()}
    content[name] = data
    if twin is not None:
        content[name.removesuffix(".npy")] = twin
    with zipfile.ZipFile(path, "w") as file:
        for each, value in content.items():
            file.writestr(each, value)


def test_a_second_member_of_the_same_name_does_not_get_past_the_check(saved):
    """NumPy knows members with and without ".npy" by the same name; what is checked must be what is read."""
    good, other = io.BytesIO(), io.BytesIO()
    np.save(good, members(saved)["params/1.dense.weight"])
    np.save(other, np.zeros((3, 3), np.float32))
    replace_member(saved, "params/1.dense.weight.npy", good.getvalue(), twin=other.getvalue())
    assert read_checkpoint(saved).params["1.dense.weight"].shape == (64, 12)


def test_old_python_2_headers_are_no_reason_to_warn_or_crash(saved):
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (64L, 12L), }\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    replace_member(saved, "params/1.dense.weight.npy", data)
    refused(saved, "damaged|should hold")
    text = b"{'descr': (((((((\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    replace_member(saved, "params/1.dense.weight.npy", data)
    refused(saved, "header is damaged")


DAMAGES = {
    "another format": ({"format": 3}, "has format 3; this version reads formats 1 to 2"),
    "slots of later": ({"slots_began": 10**6}, "slots_began must be a whole number from 0 to"),
    "no format": ({"format": None}, "has format None"),
    "config of other things": ({"config": {"layers": ["Flatten", "Kitten"]}}, "Kitten"),
    "config is a list": ({"config": []}, "expected an object"),
    "layers that do not fit": ({"config": {"layers": ["Dense"]}}, "Add Flatten before it"),
    "no layers": ({"config": {"layers": []}}, "."),
    "classes": ({"classes": 7}, "7 classes"),
    "huge classes": ({"classes": 10**30}, "classes"),
    "image shape of two": ({"image_shape": [8, 8]}, "."),
    "image shape of text": ({"image_shape": "888"}, "image shape"),
    "huge image shape": ({"image_shape": [10**9, 10**9, 1]}, "image shape"),
    "colour": ({"image_shape": [8, 8, 3]}, "image shape"),
    "infinite image": ({"image_shape": [float("inf"), 8, 1]}, "."),
    "scaling NaN": ({"scaling": {"mean": float("nan"), "deviation": 1}}, "scaling"),
    "scaling 0": ({"scaling": {"mean": 0, "deviation": 0}}, "scaling"),
    "scaling list": ({"scaling": [1, 2]}, "."),
    "position list": ({"position": []}, "."),
    "position unknown": ({"position": {"stop": 1}}, "."),
    "position negative": ({"position": {"step": -1, "epoch": 0, "offset": 0}}, "position"),
    "record list": ({"record": [1]}, "."),
    "record of text": ({"record": {"seen": "many", "best_loss": []}}, "record"),
    "many threads": ({"parts": 10**6}, "parts"),
    "no threads": ({"parts": 0}, "parts"),
    "versions list": ({"versions": ["numpy"]}, "."),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_headers_are_refused(saved, damage):
    changes, match = DAMAGES[damage]
    rewrite(saved, header=header_of(saved) | changes)
    refused(saved, match)


@pytest.mark.parametrize(
    "key", ["config", "image_shape", "classes", "scaling", "position", "record", "parts", "versions"]
)
def test_headers_that_lack_something_are_refused(saved, key):
    header = header_of(saved)
    del header[key]
    rewrite(saved, header=header)
    refused(saved, key)


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"format": 1e999}', b"null"])
def test_headers_that_are_no_json_object_are_refused(saved, text):
    rewrite(saved, header=text)
    refused(saved)


def test_a_header_of_a_gigabyte_is_not_read(saved):
    rewrite(saved, header=bytes(1_000_001))
    refused(saved, "at most 1000000 bytes")


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_gives_a_checkpoint_error_or_a_model(saved, seed):
    data = saved.read_bytes()
    rng = np.random.default_rng(seed)
    for _ in range(50):
        damaged = bytearray(data)
        kind = rng.integers(3)
        place = int(rng.integers(len(data)))
        if kind == 0:
            for at in rng.integers(0, len(data), rng.integers(1, 20)):
                damaged[at] = rng.integers(256)
        elif kind == 1:
            del damaged[place : place + int(rng.integers(1, 2000))]
        else:
            # most bytes are weights; the directory at the end and the headers are what readers trip over
            at = len(data) - 1 - int(rng.integers(min(2500, len(data))))
            damaged[at] ^= 1 << int(rng.integers(8))
        saved.write_bytes(damaged)
        try:
            model = load_checkpoint(saved)
        except CheckpointError:
            continue
        assert model.predict(np.zeros((1, 8, 8), np.uint8)).shape == (1, 10)


@pytest.mark.parametrize("seed", range(2))
def test_random_bytes_give_a_checkpoint_error(tmp_path, seed):
    rng = np.random.default_rng(seed)
    for start in (b"", b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY\x01\x00"):
        (tmp_path / "x.npz").write_bytes(start + rng.bytes(int(rng.integers(1, 3000))))
        refused(tmp_path / "x.npz")
