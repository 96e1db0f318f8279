"""Equal settings and data make the same recipe, and with it the same weights; anything else makes another one."""

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import recipe as recipes
from engine.datasets import DataError, load_split
from engine.fingerprint import fingerprint
from engine.link import decode, encode
from engine.recipe import grouped, machine, recipe
from engine.trainer import Trainer


def test_a_recipe_is_sixteen_digits_in_groups(tiny: Any) -> None:
    found = recipe(tiny)
    assert found == recipe(tiny)
    assert len(found.split("-")) == 4
    assert int(found.replace("-", ""), 16) >= 0
    assert grouped("0123456789abcdef") == "0123-4567-89ab-cdef"


def test_a_recipe_tells_settings_data_and_the_machine_apart(tiny: Any, monkeypatch: Any) -> None:
    found = {recipe(tiny), recipe(replace(tiny, seed=6)), recipe(tiny.with_values({"data.source": "mnist"}))}
    monkeypatch.setattr("engine.recipe.machine", lambda: machine() | {"NumPy": "9.9"})
    assert len(found | {recipe(tiny)}) == 4


def test_a_files_contents_count_and_not_its_name(tiny: Any, digits_file: Any, tmp_path: Any) -> None:
    copy = tmp_path / "elsewhere.npz"
    shutil.copy(digits_file, copy)
    assert recipe(tiny.with_values({"data.source": str(copy)})) == recipe(tiny)
    arrays = dict(np.load(digits_file))
    np.savez(copy, **(arrays | {"train_labels": arrays["train_labels"][::-1]}))
    assert recipe(tiny.with_values({"data.source": str(copy)})) != recipe(tiny)


def test_every_image_counts(tiny: Any, digits_file: Any, tmp_path: Any) -> None:
    """Not one in sixteen."""
    arrays = dict(np.load(digits_file))
    arrays["train_images"] = arrays["train_images"].copy()
    arrays["train_images"][3, 0, 0] ^= 1
    np.savez(tmp_path / "other.npz", **arrays)
    assert recipe(tiny.with_values({"data.source": str(tmp_path / "other.npz")})) != recipe(tiny)


def test_the_engines_source_counts_and_its_line_ends_do_not(tmp_path: Any, monkeypatch: Any) -> None:
    found = set()
    for name, text in (("unix", b"a = 1\n"), ("windows", b"a = 1\r\n"), ("changed", b"a = 2\n")):
        (tmp_path / name / "layers").mkdir(parents=True)
        (tmp_path / name / "layers" / "dense.py").write_bytes(text)
        monkeypatch.setattr(recipes, "__file__", str(tmp_path / name / "recipe.py"))
        found.add(recipes._digest_of_engine.__wrapped__())
    assert len(found) == 2


def test_a_recipe_holds_the_engines_source_and_the_parts_of_a_run(tiny: Any, monkeypatch: Any) -> None:
    assert recipe(tiny, parts=1) == recipe(tiny) != recipe(tiny, parts=2)
    before = recipe(tiny)
    monkeypatch.setattr(recipes, "_digest_of_engine", lambda: "another")
    assert recipe(tiny) != before


@pytest.mark.parametrize("setting", ["data.personal", "start_from"])
def test_files_that_a_recipe_names_are_read_with_care(setting: str, tiny: Any, tmp_path: Any, monkeypatch: Any) -> None:
    for path in ("/dev/zero", str(tmp_path), "/nowhere", "\0"):
        with pytest.raises(DataError, match="expected the path of a file"):
            recipe(tiny.with_values({setting: path}))
    file = tmp_path / "weights.npz"
    found = set()
    for content in (b"some", b"other"):
        file.write_bytes(content)
        found.add(recipe(tiny.with_values({setting: str(file)})))
    (tmp_path / "copy.npz").write_bytes(b"other")
    found.add(recipe(tiny.with_values({setting: str(tmp_path / "copy.npz")})))
    assert len(found) == 2
    monkeypatch.setenv("INKLING_PATHS", "0")
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "runs"))
    with pytest.raises(DataError, match="expected a file that was sent here"):
        recipe(tiny.with_values({setting: str(file), "data.source": "mnist16"}))


def test_two_runs_from_one_link_have_the_same_weights(tiny: Any) -> None:
    """All but the data's file comes out of the link; the data is named again, as the person would."""
    weights = set()
    for _ in range(2):
        config, ignored = decode(encode(tiny))
        assert ignored == []
        config = config.with_values({"data.source": tiny.data.source})
        trainer = Trainer(config, load_split(config.data, config.seed))
        list(trainer.run())
        weights.add(fingerprint(trainer.checkpoint()))
    other = Trainer(replace(tiny, seed=6), load_split(tiny.data, 6))
    list(other.run())
    assert len(weights) == 1
    assert fingerprint(other.checkpoint()) not in weights
