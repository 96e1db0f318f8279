"""Settings: every registered class is checked, written and read by what its options say."""

import json
import math
import typing

import numpy as np
import pytest

from engine.augment import Augmentation
from engine.config import DataConfig, Penalty, Stopping, TrainingConfig
from engine.initializers import Initializer
from engine.layers import Conv, Dense, Dropout, Layer, LeakyReLU
from engine.losses import Loss
from engine.optimizers import SGD, Adam, Momentum, Nesterov, Optimizer
from engine.schedules import Schedule
from engine.spec import SettingError, Settings, default_of, describe, parse_assignment, set_path

FAMILIES = (Layer, Loss, Optimizer, Schedule, Initializer, Augmentation)
MEMBERS = [member for family in FAMILIES for member in family.members().values()]
CLASSES = [*MEMBERS, DataConfig, Penalty, Stopping, TrainingConfig]
NUMBERS = [
    (cls, name, annotation, details)
    for cls in CLASSES
    for name, annotation, details in describe(cls)
    if annotation in (int, float)
]


def ids(value):
    return value.__name__ if isinstance(value, type) else str(value) if isinstance(value, str) else ""


def some_value(annotation, details, rng):
    """Any value that the option allows."""
    if annotation is bool:
        return bool(rng.integers(2))
    if details.choices:
        return details.choices[rng.integers(len(details.choices))]
    if annotation is str:
        return "".join(map(chr, rng.integers(32, 1000, rng.integers(0, 20))))
    if annotation is int:
        return int(rng.integers(details.low, min(details.high, 2**62) + 1))
    if annotation is float:
        return float(rng.choice([details.low, details.high, rng.uniform(details.low, details.high)]))
    if typing.get_origin(annotation) is tuple:
        return tuple(some_value(typing.get_args(annotation)[0], details, rng) for _ in range(rng.integers(0, 4)))
    assert issubclass(annotation, Settings), annotation
    members = list(annotation.members().values()) if annotation.family else [annotation]
    return some_settings(members[rng.integers(len(members))], rng)


def some_settings(cls, rng):
    return cls(**{name: some_value(annotation, details, rng) for name, annotation, details in describe(cls)})


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_any_allowed_values_survive_json(cls):
    rng = np.random.default_rng(1)
    for _ in range(20):
        settings = some_settings(cls, rng)
        text = json.dumps(settings.to_json(), allow_nan=False)
        again = (cls if not cls.family else next(f for f in FAMILIES if issubclass(cls, f))).from_json(json.loads(text))
        assert again == settings
        assert type(again) is cls
        assert hash(again) == hash(settings)


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_defaults_are_allowed_and_every_option_explains_itself(cls):
    assert cls() == cls.from_json({"kind": cls.__name__} if cls.family else {})
    assert cls.title().endswith((".", ":")) or len(cls.title()) > 20
    for name, annotation, details in describe(cls):
        assert details.help, f"{cls.__name__}.{name} needs a help text"
        if annotation in (int, float):
            assert details.low is not None, f"{cls.__name__}.{name} needs a range"
            assert details.high is not None
        if details.log and annotation is float:
            assert details.low >= 0, f"{cls.__name__}.{name}: equal ratios cannot go below 0"
        assert default_of(cls, name) == getattr(cls(), name)


def test_all_families_have_the_members_that_the_project_promises():
    assert set(Layer.members()) >= {"Dense", "Conv", "MaxPool", "AvgPool", "BatchNorm", "Dropout", "Flatten", "ReLU",
                                    "LeakyReLU", "Sigmoid", "Tanh", "GELU", "Identity", "Softmax"}  # fmt: skip
    assert set(Loss.members()) == {"CrossEntropy", "MeanSquaredError"}
    assert set(Optimizer.members()) == {"SGD", "Momentum", "Nesterov", "RMSProp", "Adam", "AdamW"}
    assert set(Schedule.members()) == {"Constant", "Steps", "Exponential", "Cosine", "OneCycle"}
    assert set(Initializer.members()) == {
        "HeNormal",
        "HeUniform",
        "GlorotNormal",
        "GlorotUniform",
        "ScaledNormal",
        "Zeros",
    }
    moves = {"Shift", "Rotate", "Stretch", "Zoom", "Shear", "Transpose", "Elastic"}
    assert set(Augmentation.members()) == moves | {"Noise", "Erase"}


def test_abstract_bases_are_in_no_menu_and_subclasses_are_members_of_their_base():
    assert "Activation" not in Layer.members()
    assert "Pool" not in Layer.members()
    assert list(Momentum.members()) == ["Momentum", "Nesterov"]
    with pytest.raises(SettingError, match="unknown name 'Adam' in optimizer"):
        Momentum.from_json("Adam")


# --- ranges ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cls", "name", "annotation", "details"), NUMBERS, ids=ids)
def test_values_outside_of_the_range_are_refused_at_both_ends(cls, name, annotation, details):
    step = 1 if annotation is int else 1e-9
    for good in (details.low, details.high):
        assert getattr(cls(**{name: annotation(good)}), name) == good
    for bad in (details.low - step, details.high * 2 + step):
        if bad == details.low:
            bad = details.low - 1  # the step is lost in rounding
        with pytest.raises(SettingError, match=r"must be from .* to .*; got"):
            cls(**{name: annotation(bad)})


@pytest.mark.parametrize(("cls", "name", "annotation", "details"), NUMBERS, ids=ids)
def test_what_is_no_usable_number_is_refused_in_words(cls, name, annotation, details):
    huge = [10**400, -(10**400), 10**5000]
    for bad in (math.nan, math.inf, -math.inf, True, False, None, "1", [], {}, (1,), 1j, b"1", *huge):
        with pytest.raises(SettingError, match=r"expected a|must be") as error:
            cls(**{name: bad})
        assert error.value.path == f"{cls.__name__}.{name}"
        assert "got" in error.value.message
        assert len(str(error.value)) < 400


def test_a_message_says_what_was_received_what_was_expected_and_what_the_setting_is():
    with pytest.raises(SettingError) as error:
        Dropout(drop=1.5)
    assert str(error.value) == (
        "Dropout.drop: must be from 0 to 0.95; got 1.5. It is fraction of the units that is switched off."
    )
    with pytest.raises(SettingError, match=r"Conv.padding: must be one of same, valid; got 'full'"):
        Conv(padding="full")
    with pytest.raises(SettingError, match=r"Conv.bias: expected true or false; got 1"):
        Conv(bias=1)
    with pytest.raises(SettingError, match=r"Dense.units: expected a whole number; got 2.5"):
        Dense(units=2.5)


def test_whole_numbers_and_floats_are_taken_for_each_other_where_nothing_is_lost():
    dense, sgd = Dense(units=64.0), SGD(learning_rate=1)
    assert (type(dense.units), dense.units) == (int, 64)
    assert (type(sgd.learning_rate), sgd.learning_rate) == (float, 1.0)


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(AttributeError):
        Dense().units = 3


# --- names and paths -------------------------------------------------------------------------------------------


def refused(data, path, match):
    with pytest.raises(SettingError, match=match) as error:
        TrainingConfig.from_json(data)
    assert error.value.path == path
    assert len(str(error.value)) < 600


def test_nested_errors_name_the_path():
    refused({"layers": ["Flatten", {"kind": "Dense", "units": 0}]}, "layers.1.units", "must be from 1 to 4096; got 0")
    refused({"layers": ["Flatten", {"kind": "Dens"}]}, "layers.1.kind", "unknown name 'Dens'.*Did you mean 'Dense'?")
    refused({"layers": [{"kind": "Dense", "unit": 3}]}, "layers.0.unit", "Did you mean 'units'?")
    refused({"optimiser": "Adam"}, "optimiser", "unknown name optimiser in TrainingConfig.*Did you mean 'optimizer'?")
    refused({"optimizer": {"learning_rate": 1}}, "optimizer.kind", "unknown name None")
    refused({"penalty": {"l2": "much"}}, "penalty.l2", "expected a number; got 'much'")
    refused({"penalty": 3}, "penalty", "expected an object with settings of Penalty; got 3")
    refused({"frozen": [0, -1]}, "frozen.1", "must be from 0 to 1000; got -1")
    refused({"frozen": 1}, "frozen", "expected a list; got 1")
    refused({"layers": {"0": "Dense"}}, "layers", "expected a list")
    refused([], "", "expected an object")
    refused(None, "", "expected an object")


def test_a_kind_alone_stands_for_its_defaults():
    assert Optimizer.from_json("Adam") == Adam()
    assert TrainingConfig.from_json({"layers": ["LeakyReLU"]}).layers == (LeakyReLU(),)


def deep(kind, depth=1000):
    value = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"kind": value}
    return value


HOSTILE = {
    "deep list": deep("list"),
    "very deep list": deep("list", 100_000),
    "deep object": deep("object"),
    "a megabyte": "x" * 1_000_000,
    "long list": [1] * 100_000,
    "infinity": json.loads("1e400"),
    "NaN": json.loads("NaN"),
    "huge": 10**4000,
    "null byte": "\0",
    "text of a surrogate": "\ud800",
}


def complaint(data):
    """What is said against these settings; anything but a SettingError fails the test."""
    try:
        TrainingConfig.from_json(data)
    except SettingError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", [name for name, _, _ in describe(TrainingConfig)])
def test_hostile_values_give_a_short_setting_error_or_are_plain_text(name, hostile):
    value = HOSTILE[hostile]
    for data in ({name: value}, {"optimizer": {"kind": "SGD", name: value}}, {"layers": [{"kind": value}]}):
        message = complaint(data)
        plain = name == "start_from" or (name == "frozen" and hostile == "long list")
        assert message or plain, "nobody noticed"
        assert len(message) < 800


def test_hostile_names_give_a_short_setting_error():
    for name in ("x" * 1_000_000, "\0", "", "layers.0", "__class__", "kind"):
        with pytest.raises(SettingError) as error:
            TrainingConfig.from_json({name: 1})
        assert len(str(error.value)) < 800


# --- assignments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("optimizer.learning_rate=0.1", ("optimizer.learning_rate", 0.1)),
        (" seed = 3 ", ("seed", 3)),
        ("data.source=mnist16", ("data.source", "mnist16")),
        ("data.source=a=b", ("data.source", "a=b")),
        ('augmentation=["Shift"]', ("augmentation", ["Shift"])),
        ("layers=" + "[" * 100_000, ("layers", "[" * 100_000)),
        ("x=", ("x", "")),
    ],
)
def test_an_assignment_is_a_path_and_json_or_else_text(text, wanted):
    assert parse_assignment(text) == wanted


@pytest.mark.parametrize("text", ["", "seed", "=3", "  =3"])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(SettingError, match=r"expected PATH=VALUE, such as optimizer\.learning_rate=0\.1; got"):
        parse_assignment(text)


def test_values_are_set_by_path():
    data = TrainingConfig().to_json()
    set_path(data, "layers.0.channels", 4)
    set_path(data, "penalty.l2", 0.5)
    set_path(data, "augmentation", ["Shift"])
    config = TrainingConfig.from_json(data)
    assert config.layers[0].channels == 4
    assert config.penalty.l2 == 0.5
    assert len(config.augmentation) == 1


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("seeed", "seeed: unknown name seeed in these settings.*Did you mean 'seed'?"),
        ("optimizer.rate", "optimizer.rate: unknown name rate"),
        ("layers.10.units", "layers.10: expected a position from 0 to 9; got '10'"),
        ("layers.-1.units", "layers.-1: expected a position"),
        ("layers.x", "layers.x: expected a position"),
        ("layers." + "9" * 5000, "expected a position"),
        ("seed.x", "seed.x: unknown name x"),
        ("", "unknown name"),
        (".", "unknown name"),
        ("layers..units", "expected a position"),
    ],
)
def test_paths_that_lead_nowhere_are_refused(path, match):
    with pytest.raises(SettingError, match=match):
        set_path(TrainingConfig().to_json(), path, 1)


def test_a_kind_and_then_its_settings_can_be_set_one_after_the_other():
    config = TrainingConfig().with_values({"optimizer": "Nesterov", "optimizer.momentum": 0.5})
    assert config.optimizer == Nesterov(momentum=0.5)
    assert TrainingConfig().with_values({}) == TrainingConfig()


def test_texts_that_cannot_be_stored_are_refused():
    """JSON can say half of a surrogate pair; no file and no browser can be given one."""
    with pytest.raises(SettingError, match="UTF-8") as error:
        TrainingConfig().with_values({"data.source": "mnist\ud800"})
    str(error.value).encode()


def test_lists_have_a_longest_length():
    with pytest.raises(SettingError, match="at most 1,000 entries; got 1,001"):
        TrainingConfig().with_values({"layers": ["ReLU"] * 1001})


def test_the_path_of_a_setting_is_text():
    with pytest.raises(SettingError, match="expected the path"):
        TrainingConfig().with_values({3: 4})
