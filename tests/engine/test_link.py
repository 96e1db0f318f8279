"""Links hold all settings; old, wrong and hostile ones lose what they must, and say so."""

import json
from typing import Any

import pytest

from engine import link
from engine.augment import Augmentation
from engine.cli import main
from engine.coding import sealed, squeezed
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Layer, ReLU
from engine.link import LinkError, decode, encode, stays_here
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunFolder
from engine.spec import SettingError, Settings, describe
from engine.streams import stream


def another(value: Any, annotation: Any, details: Any, rng: Any) -> Any:
    """A random value that a field may have."""
    if details.choices:
        return details.choices[int(rng.integers(len(details.choices)))]
    if annotation is bool:
        return bool(rng.integers(2))
    if annotation in (int, float):
        low, high = details.low or 0, min(details.high if details.high is not None else 1e6, 1e6)
        drawn = low + (high - low) * float(rng.random()) ** 4
        return round(drawn) if annotation is int else max(float(f"{drawn:.4g}"), low)
    return value


def shuffled(settings: Any, rng: Any) -> Any:
    """Settings of the same class, with about half of the fields changed at random."""
    values = {}
    for name, annotation, details in describe(type(settings)):
        value = getattr(settings, name)
        if isinstance(value, Settings):
            family = next((c for c in type(value).__mro__ if "registry" in c.__dict__ and c is not Settings), None)
            members = list(family.members().values()) if family else [type(value)]
            values[name] = shuffled(members[int(rng.integers(len(members)))](), rng)
        elif name in ("layers", "augmentation", "added_by"):
            members = list((Layer if name == "layers" else Augmentation).members().values())
            picked = [members[int(rng.integers(len(members)))]() for _ in range(int(rng.integers(12)))]
            values[name] = tuple(shuffled(each, rng) for each in picked)
        elif name == "frozen":
            values[name] = tuple(int(each) for each in rng.integers(0, 1000, int(rng.integers(4))))
        elif name not in ("source", "personal", "start_from") and rng.random() < 0.5:
            values[name] = another(value, annotation, details, rng)
    try:
        return type(settings)(**values)
    except SettingError:  # fields that do not go together
        return settings


def text_of(written: Any, version: int = 1) -> str:
    """A link around any list, with sound checks: what a stranger could make who has read the code."""
    data = written if isinstance(written, bytes) else json.dumps(written).encode()
    return f"{version}." + sealed(b"\0\0" + squeezed(data)).partition(".")[2]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_link_of_a_few_characters(name: str) -> None:
    config = PRESETS[name].config
    text = encode(config)
    assert decode(text) == (config, [])
    assert len(text) <= 24


@pytest.mark.parametrize("seed", range(60))
def test_any_settings_come_back_from_a_link_of_a_few_hundred_characters(seed: int) -> None:
    config = shuffled(TrainingConfig(), stream(seed, "test"))
    text = encode(config)
    assert decode(text) == (config, [])
    assert len(text) < 600


def test_a_small_change_makes_a_short_link() -> None:
    config = TrainingConfig().with_values({"optimizer.learning_rate": 0.002, "seed": 7})
    assert len(encode(config)) <= 30


def test_links_of_version_1_stay_readable() -> None:
    """This very text was made by the first version of links; it must be read for ever."""
    config, _ = decode("1.SPQbKYMxCBsIMcQ8FgA")
    assert config.with_values({"optimizer.learning_rate": 0.001, "seed": 1}) == PRESETS["lenet"].config
    assert (config.optimizer.learning_rate, config.seed) == (0.002, 7)


def test_names_of_files_do_not_travel(digits_file: Any) -> None:
    source = str(digits_file)
    config = TrainingConfig(
        data=DataConfig(source=source, personal="/home/me/hand.npz", train_images=50),
        start_from="/home/me/x.npz",
        seed=3,
    )
    back, ignored = decode(encode(config))
    assert ignored == []
    assert (back.data.source, back.data.personal, back.start_from) == ("mnist", "", "")
    assert (back.data.train_images, back.seed) == (50, 3)
    told = " ".join(stays_here(config))
    assert all(word in told for word in ("data file", "your own drawings", "weights"))
    assert stays_here(back) == []


def test_data_of_ones_own_becomes_the_built_in_data_of_its_size(tmp_path: Any) -> None:
    import numpy as np

    np.savez(
        tmp_path / "small.npz", images=np.eye(16, dtype=np.uint8)[None].repeat(40, 0) * 200, labels=np.arange(40) % 10
    )
    config = TrainingConfig(data=DataConfig(source=str(tmp_path / "small.npz")))
    assert decode(encode(config))[0].data.source == "mnist16"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("optimizer.learning_rate", 1e9, "learning_rate"),
        ("optimizer.sharpness", 3, "sharpness"),
        ("no such", 3, "no such"),
        ("epochs", "many", "epochs"),
        ("epochs", None, "epochs"),
        ("optimizer", "Levenberg", "Levenberg"),
        ("optimizer", [], "optimizer"),
        ("layers", {}, "layers"),
        ("layers.99.units", 3, "layers.99"),
        ("data", {"source": "/etc/passwd"}, "data.source"),
        ("data.source", "/etc/passwd", "data.source"),
        ("data.personal", "/etc/passwd", "data.personal"),
        ("start_from", "/etc/passwd", "start_from"),
        ("__class__", "x", "__class__"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_rest_is_used(path: str, value: Any, told: str) -> None:
    config, ignored = decode(text_of(["dense", path, value, "seed", 7]))
    assert any(told in each for each in ignored)
    assert config.seed == 7
    assert config.with_values({"seed": 1}) == PRESETS["dense"].config


def test_of_a_list_only_what_is_unknown_is_left_out() -> None:
    layers = ["Flatten", "Quantum", {"kind": "Dense", "units": 64, "color": "red"}, {"kind": "Dense", "units": 10**9}]
    config, ignored = decode(text_of(["lenet", "layers", [*layers, "ReLU"]]))
    assert [type(each).__name__ for each in config.layers] == ["Flatten", "Dense", "Dense", "ReLU"]
    assert config.layers[1:3] == (Dense(units=64), Dense())
    assert isinstance(config.layers[3], ReLU)
    assert len(ignored) == 3


def test_an_unknown_preset_is_named() -> None:
    config, ignored = decode(text_of(["resnet", "seed", 4]))
    assert config == PRESETS[DEFAULT].config.with_values({"seed": 4})
    assert "resnet" in ignored[0]


def test_another_meaning_of_a_preset_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = encode(PRESETS["linear"].config)
    changed = PRESETS["linear"].config.with_values({"epochs": 77})
    monkeypatch.setitem(PRESETS, "linear", type(PRESETS["linear"])("linear", "", changed))
    _, ignored = decode(text)
    assert "another version" in ignored[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected the version"),
        ("hello", "expected the version"),
        ("1.", "lost or changed"),
        ("1.AAAA", "lost or changed"),
        ("1.AAAAA", "lost or changed"),
        ("9.AAAA", "version 9"),
        ("1." + "A" * 10_000, "characters long"),
        ("1.ä", "expected the version"),
        ("<script>", "expected the version"),
    ],
)
def test_what_is_no_link_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(LinkError, match=told):
        decode(text)


def test_a_letter_that_was_lost_is_noticed() -> None:
    text = encode(TrainingConfig(seed=123, epochs=7))
    for place in range(2, len(text)):
        with pytest.raises(LinkError, match="lost or changed"):
            decode(text[:place] + text[place + 1 :])


@pytest.mark.parametrize(
    "written",
    [
        [],
        {},
        "x",
        None,
        ["lenet", "seed"],
        ["lenet", 3, 3],
        [["lenet"]],
        b"\xff\xfe",
        b"[" * 15_000,
        ["lenet", *["seed", 1] * 300],
        b'["lenet","seed",' + b"9" * 9_000 + b"]" * 2,
    ],
)
def test_a_link_with_sound_checks_and_nonsense_in_it_is_refused(written: Any) -> None:
    with pytest.raises(LinkError):
        decode(text_of(written))


def test_a_bomb_is_not_unpacked() -> None:
    text = text_of(b'["lenet","seed",' + b" " * 50_000_000 + b"1]")
    assert len(text) > link.MOST_CHARACTERS  # even the best compression of such a bomb is too long ...
    with pytest.raises(LinkError, match="characters long"):
        decode(text)
    with pytest.raises(LinkError, match="more than"):  # ... and a smaller one is not unpacked either
        decode(text_of(b'["lenet","seed",' + b" " * 1_000_000 + b"1]"))


def test_deep_and_long_values_are_ignored_in_few_words() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    config, ignored = decode(text_of(["lenet", "layers", deep, "layers", ["Quantum"] * 1000, "epochs", deep]))
    assert config == PRESETS["lenet"].config
    assert len(ignored) <= link.MOST_TOLD + 1
    config, ignored = decode(text_of(["lenet", "layers", ["ReLU"] * 500]))
    assert len(config.layers) == link.MOST_LAYERS
    assert "500" in ignored[0]


def test_settings_are_found_in_a_whole_address() -> None:
    text = encode(TrainingConfig(seed=5))
    assert link.text_in(f" http://localhost:8501/?lock=epochs&s={text}&run=x \n") == text
    assert link.text_in(text) == text
    for wrong in ("http://localhost:8501/?run=x", "http://[::1/?s", "?", "?" * 100_000):
        with pytest.raises(LinkError, match="no settings in it"):
            link.text_in(wrong)


def test_a_run_from_a_link_in_a_shell(tmp_path: Any, digits_file: Any, capsys: Any) -> None:
    text = text_of(["dense", "seed", 9, "epochs", 1, "sharpness", 3, "batch_size", 32])
    arguments = ["train", "--link", f"http://x/?s={text}", "--data", str(digits_file), "--set", "max_steps=2", "--json"]
    assert main([*arguments, "--runs", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "ignored: sharpness" in told.err
    config = RunFolder.open(tmp_path, json.loads(told.out)["run"]).config()
    assert (config.seed, config.batch_size, config.layers) == (9, 32, PRESETS["dense"].config.layers)


def test_a_wrong_link_in_a_shell_is_an_error_in_words(tmp_path: Any, capsys: Any) -> None:
    assert main(["train", "--link", "1.AAAAAAAA", "--runs", str(tmp_path)]) == 1
    assert "lost or changed" in capsys.readouterr().err
