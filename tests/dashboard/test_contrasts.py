"""Settings in words, and only those in which runs differ."""

from dataclasses import replace

import pytest

from dashboard.comparing.contrasts import ABSENT, contrasts, title
from dashboard.comparing.wording import config_words, layer_words, network_words, plain, settings_words
from engine.augment import Rotate, Shift
from engine.config import TrainingConfig
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, LeakyReLU, MaxPool, ReLU, Tanh
from engine.optimizers import SGD, Adam, Nesterov
from engine.presets import PRESETS

BASE = TrainingConfig()


def rows(*configs):
    return {each.name: each.values for each in contrasts(configs)}


def test_a_preset_is_called_by_its_name_and_what_is_unusual_is_added():
    assert config_words(BASE) == "lenet · Adam 0.001 · batch 64"
    changed = replace(BASE, layers=(Flatten(), Dense(units=30), Tanh(), Dropout(drop=0.2), Dense(units=10)))
    changed = changed.with_values({"optimizer": "SGD", "batch_size": 8, "data.train_images": 1000, "penalty.l2": 1e-4})
    assert config_words(changed) == "dense 30 · dropout 0.2 · Tanh · SGD 0.1 · batch 8 · 1,000 images · L2 0.0001"


def test_data_of_ones_own_are_told_beside_the_preset():
    own = PRESETS["convnet"].config.with_values({"data.source": "mnist16"})
    assert config_words(own) == config_words(PRESETS["convnet"].config) + " · mnist16"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_fits_in_one_line(preset):
    assert config_words(preset.config).startswith(preset.name)
    assert len(config_words(preset.config)) < 80


@pytest.mark.parametrize(
    ("name", "words"),
    [("BatchNorm", "batch norm"), ("LeakyReLU", "leaky ReLU"), ("HeNormal", "He normal"), ("batch_size", "batch size")],
)
def test_names_in_code_become_words(name, words):
    assert plain(name) == words


def test_layers_and_other_settings_say_what_is_unusual():
    assert layer_words(Conv(channels=8, kernel=5, stride=2)) == "conv 8, 5×5, stride 2"
    assert layer_words(MaxPool(size=3)) == "max pool 3×3"
    assert settings_words(Shift(pixels=4.0)) == "Shift (pixels 4)"
    assert network_words((Flatten(), Dense(units=10))) == "no hidden layer"


def test_equal_settings_do_not_differ_and_one_run_differs_from_nothing():
    assert contrasts([BASE, BASE]) == []
    assert contrasts([BASE]) == []


def test_optimizers_of_two_kinds_differ_in_their_kind_and_in_what_both_have():
    found = rows(BASE, replace(BASE, optimizer=SGD(learning_rate=0.1)), replace(BASE, optimizer=Nesterov(momentum=0.8)))
    assert found == {
        "Optimizer": ("Adam", "SGD", "Nesterov (momentum 0.8)"),
        "Learning rate": ("0.001", "0.1", "0.05"),
    }


def test_of_one_kind_only_the_field_is_told():
    assert rows(BASE, replace(BASE, optimizer=Adam(learning_rate=0.01))) == {"Learning rate": ("0.001", "0.01")}


def test_a_layer_that_only_one_network_has_stands_in_a_row_of_its_own():
    layers = list(BASE.layers)
    more = (layers[0], BatchNorm(), *layers[1:9], Dropout(drop=0.3), layers[9])
    assert rows(BASE, replace(BASE, layers=more)) == {
        "Batch norm": (ABSENT, "batch norm"),
        "Dropout": (ABSENT, "dropout 0.3"),
    }


def test_activations_share_a_row_and_layers_of_another_size_too():
    first = (Flatten(), Dense(units=30), ReLU(), Dense(units=10))
    second = (Flatten(), Dense(units=50), LeakyReLU(), Dense(units=10))
    found = rows(replace(BASE, layers=first), replace(BASE, layers=second))
    assert found == {"Dense 1": ("dense 30", "dense 50"), "Activation": ("ReLU", "leaky ReLU")}


def test_layers_that_read_alike_in_short_are_told_in_full():
    same = (Conv(channels=8, kernel=5, padding="same"), *BASE.layers[1:])
    (values,) = rows(BASE, replace(BASE, layers=same)).values()
    assert "padding valid" in values[0]
    assert values[0] != values[1]


def test_lists_are_told_whole():
    found = rows(BASE, replace(BASE, augmentation=(Shift(), Rotate(degrees=20.0))))
    assert found == {"Augmentation": ("none", "Shift, Rotate (degrees 20)")}


def test_a_group_is_called_by_what_differs_in_it():
    assert title([BASE, replace(BASE, optimizer=SGD())]) == "optimizer and learning rate"
    assert title([BASE, BASE.with_values({"seed": 2})]) == ""
    assert title([BASE, BASE.with_values({"penalty.l2": 0.1})]) == "L2"
