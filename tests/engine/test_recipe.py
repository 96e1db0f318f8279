"""Equal settings and data make the same recipe, and with it the same weights; anything else makes another one."""

import shutil
from dataclasses import replace
from typing import Any

import numpy as np

from engine.datasets import load_split
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
