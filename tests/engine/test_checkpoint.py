"""Checkpoint files: what is written is read back."""

import dataclasses
import json

import numpy as np
import pytest

from engine.checkpoint import read_checkpoint, write_checkpoint
from tests.engine.checkpoint_files import header_of, members, rewrite


def test_what_is_written_is_read_back_to_the_bit(checkpoint, saved):
    again = read_checkpoint(saved)
    for field in dataclasses.fields(checkpoint):
        value, other = getattr(checkpoint, field.name), getattr(again, field.name)
        if field.name in ("params", "tracked", "average"):
            assert {k: a.tobytes() for k, a in value.items()} == {k: a.tobytes() for k, a in other.items()}
        elif field.name == "slots":
            assert set(value) == set(other) == {"m", "v"}
            assert all(value[s][k].tobytes() == other[s][k].tobytes() for s in value for k in value[s])
        else:
            assert value == other, field.name
    assert again.tracked
    assert again.average


def test_it_is_a_plain_npz_that_any_program_can_read(saved):
    content = members(saved)
    assert content["params/1.dense.weight"].shape == (64, 12)
    assert json.loads(content["header"].tobytes())["format"] == 2


def test_writing_leaves_no_temporary_file_even_when_it_fails(checkpoint, tmp_path):
    broken = dataclasses.replace(checkpoint, record={"loss": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        write_checkpoint(tmp_path / "x.npz", broken)
    write_checkpoint(tmp_path / "y.npz", checkpoint)
    assert [path.name for path in tmp_path.iterdir()] == ["y.npz"]


def test_a_failed_write_leaves_the_old_file(checkpoint, saved, monkeypatch):
    before = saved.read_bytes()

    def half(file, **arrays):
        file.write(b"PK half a file")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(saved, checkpoint)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_adams_vectors_of_format_1_lose_their_factors(checkpoint, saved):
    """They were m and v themselves; now they are m / (1 - b1) and v / (1 - b2)."""
    factors = {"m": 1 - checkpoint.config.optimizer.momentum, "v": 1 - checkpoint.config.optimizer.decay}
    old = {
        f"slots/{slot}/{name}": array * np.float32(factors[slot])
        for slot, named in checkpoint.slots.items()
        for name, array in named.items()
    }
    header = header_of(saved) | {"format": 1}
    del header["slots_began"]
    rewrite(saved, header=header, **old)
    again = read_checkpoint(saved)
    assert again.slots_began == 0
    for slot, named in checkpoint.slots.items():
        for name, array in named.items():
            np.testing.assert_allclose(again.slots[slot][name], array, rtol=1e-6)
