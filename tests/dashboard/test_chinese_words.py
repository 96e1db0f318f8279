# ruff: noqa: RUF001  (Chinese punctuation is what is meant)
"""What is put together of settings and names is Chinese too: lines of settings, lanes, layers, values, buttons."""

import re

import pytest

from dashboard import language
from dashboard.charts.architecture import architecture_picture
from dashboard.comparing.catalog import Summary
from dashboard.comparing.groups import Results
from dashboard.comparing.race import lanes_of, variants
from dashboard.comparing.wording import config_words, layer_words, plain
from dashboard.language import spoken, translated
from dashboard.live_chart import chart_data
from dashboard.settings.forms import option_words
from dashboard.training.time_slider import slider_data
from engine.about import About
from engine.config import DataConfig, TrainingConfig
from engine.initializers import Initializer
from engine.layers import Layer
from engine.losses import Loss
from engine.optimizers import Optimizer
from engine.presets import PRESETS
from engine.schedules import Schedule
from engine.spec import describe

SAME_IN_CHINESE = {*Optimizer.members(), *PRESETS, "Dropout", "ReLU", "Leaky", "leaky", "GELU", "Tanh", "Sigmoid", "L2"}
SAME_IN_CHINESE |= {"Softmax", "He", "Glorot", "same", "valid"}  # some with the Chinese word beside them


def english(text: str) -> list[str]:
    """Words that a Chinese page should not have."""
    return [word for word in re.findall(r"\b[A-Za-z][\w-]+", text) if word not in SAME_IN_CHINESE]


@pytest.fixture(autouse=True)
def _chinese(monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")


def test_the_line_of_settings_under_a_run():
    found = translated(config_words(PRESETS["lenet"].config.with_values({"data.train_images": 3000, "batch_size": 64})))
    assert found == "lenet · Adam 0.001 · 批量 64 · 3,000 张图像"
    noisy = TrainingConfig(data=DataConfig(label_noise=0.1))
    for config in (noisy, *(preset.config for preset in PRESETS.values())):
        assert english(translated(config_words(config)).partition(" · ")[2]) == []


def test_the_names_of_members_and_layers_within_such_a_line():
    for family in (Loss, Schedule, Initializer):
        for name in family.members():
            assert english(translated(plain(name))) == []
    for preset in PRESETS.values():
        for layer in preset.config.layers:
            assert english(translated(layer_words(layer))) == []


def test_lanes_are_named_in_the_language_of_who_starts_them():
    base = PRESETS["lenet"].config
    names = [
        translated(variant.lane(base, label).name) for variant in variants().values() for label in variant.choices(base)
    ]
    assert [name for name in names if english(name)] == []
    other = base.with_values({"batch_size": 32, "epochs": 3})
    lanes = lanes_of([base, other, base.with_values({"loss": "MeanSquaredError"})], ["", "Train", ""], spoken())
    assert lanes[1].name == "Train"  # as a person called it
    assert english(lanes[0].name + lanes[2].name) == []


def test_what_repeats_say():
    some = Results("Train", (0.9, 0.92), (0.9, 0.91), 2, 1)
    assert some.said(spoken()) == (
        "Train：2 个种子，验证准确率 91.00 %（平均），从 90.00 到 92.00（标准差 1.41）；测试 90.50 %。"
        "还有 2 个未完成。1 个发散、失败或被停止：不计入。"
    )
    assert Results("Train", (), (), 0, 0).said(spoken()) == "Train：还没有种子完成。"
    assert some.sentence.startswith("Train: 2 seeds, validation accuracy 91.00 % on average")


def test_a_repeat_is_called_by_its_seed():
    assert Summary("a", about=About(name="Train, seed 3", group="g", kind="repeats")).name == "Train，种子 3"
    assert Summary("a", about=About(name="Train, seed 3")).name == "Train, seed 3"  # somebody called it so


def test_values_in_menus():
    for cls in (*Layer.members().values(), DataConfig):
        for name, _, details in describe(cls):
            assert [each for each in details.choices if english(option_words(name, each))] == []
    assert option_words("scaling", "unit") != option_words("bias", "unit")  # a range, and a unit of a layer
    assert option_words("size", 1000) == "1,000"


def test_the_network_s_picture():
    rows = PRESETS["mnist-both"].config.summary((28, 28, 1))
    texts = re.findall(r"<text[^>]*>([^<]*)<|aria-label=\"([^\"]*)\"", architecture_picture(rows))
    assert [each for each in texts if english("".join(each))] == []


def test_labels_for_screen_readers():
    assert english("".join(chart_data({})["words"].values())) == ["PNG"]
    assert slider_data([], [], "", None)["label"] == "时间机器"
