"""What the sidebar says about a stack of layers."""

from dashboard.settings.stack import check, check_rows, shape_words, short
from engine.config import DataConfig, TrainingConfig
from engine.layers import Conv, Dense, Flatten, MaxPool, ReLU


def test_a_good_network_has_a_summary_for_each_layer_and_no_problem() -> None:
    found = check(TrainingConfig())
    assert found.problem == ""
    assert [row.summary is not None for row in found.rows] == [True] * 10
    # 5*5*1*8 + 8, 5*5*8*16 + 16, 256*32 + 32, 32*10 + 10
    assert found.parameters == 208 + 3216 + 8224 + 330
    assert found.macs == 24 * 24 * 8 * 25 + 8 * 8 * 16 * 25 * 8 + 256 * 32 + 320


def test_the_problem_stands_at_the_layer_that_has_it_and_those_after_it_say_nothing() -> None:
    rows = check_rows((Conv(), Dense(units=10), ReLU()), (28, 28, 1))
    assert rows[0].summary is not None
    assert "Add Flatten" in rows[1].problem
    assert rows[2].summary is None
    assert rows[2].problem == ""


def test_the_reason_names_the_layer() -> None:
    found = check(TrainingConfig(layers=(Flatten(), MaxPool(), Dense(units=10))))
    assert found.problem.startswith("Layer 2: MaxPool needs an image")


def test_a_wrong_number_of_outputs_shows_at_the_last_layer() -> None:
    found = check(TrainingConfig(layers=(Flatten(), Dense(units=9))))
    assert "10 classes" in found.problem
    assert found.rows[-1].problem == found.problem


def test_no_layers_and_no_data_are_problems_not_errors() -> None:
    assert "no layers" in check(TrainingConfig(layers=())).problem
    assert "no data" in check(TrainingConfig(data=DataConfig(source="nowhere.npz"))).problem


def test_counts_and_shapes_in_few_characters() -> None:
    assert shape_words((24, 24, 8)) == "24\u00d724\u00d78"
    assert [short(n) for n in (950, 11_978, 329_000, 1_234_567, 3 * 10**9)] == [
        "950", "11,978", "329 k", "1.23 M", "3 G",
    ]  # fmt: skip
