"""The figures and pictures of the page Inside."""

import base64

import numpy as np
import pytest
from plotly.graph_objects import Figure

from dashboard.charts.distribution import bands_figure, density_figure, histogram_figure, sizes_figure
from dashboard.charts.worth import before_after_figure, class_worth_figure, worth_figure
from dashboard.inside.painting import signed_bytes, units_first
from engine.explain.distributions import density, describe


def unpacked(values: dict[str, str]) -> list[float]:
    return np.frombuffer(base64.b64decode(values["bdata"]), np.float32).tolist()


@pytest.fixture
def moments() -> list:
    rng = np.random.default_rng(1)
    return [describe(rng.normal(0, size, 2000)) for size in (1.0, 0.5, 0.25)]


def test_all_figures_are_valid_in_both_themes(moments: list) -> None:
    steps = [0, 10, 20]
    shares, edges = density(moments)
    quantiles = np.stack([each.quantiles for each in moments])
    for dark in (False, True):
        for figure in (
            histogram_figure(moments[0].counts, moments[0].edges, "weights", dark=dark),
            bands_figure(steps, quantiles, (-1.0, 1.0), "step", "", 10, dark=dark),
            density_figure(steps, shares, edges, "step", "", 10, dark=dark),
            density_figure([5], shares[:, :1], edges, "step", "", dark=dark),
            sizes_figure(["1", "2"], {"gradients": np.array([1e-3, 0.0])}, "size", dark=dark),
            worth_figure(["3", "1"], np.array([2.0, -1.0]), "unit", "points", dark=dark),
            class_worth_figure(["3", "1"], np.array([[2.0, -1.0], [0.0, 0.0]]), "unit", "class", dark=dark),
            before_after_figure(np.array([99.0, 98.0]), np.array([50.0, 98.0]), ("on", "off"), "c", "%", dark=dark),
        ):
            Figure(figure)  # raises for what Plotly does not know


def test_bands_hold_what_they_are_called(moments: list) -> None:
    quantiles = np.stack([each.quantiles for each in moments])
    traces = bands_figure([0, 10, 20], quantiles, (-1.0, 1.0), "step", "")["data"]
    lower, upper = unpacked(traces[4]["y"]), unpacked(traces[5]["y"])  # 68 %: one deviation to both sides
    np.testing.assert_allclose(upper, [1.0, 0.5, 0.25], rtol=0.1)
    np.testing.assert_allclose(lower, [-1.0, -0.5, -0.25], rtol=0.1)
    assert traces[5]["hovertemplate"].startswith("68 %")
    np.testing.assert_allclose(unpacked(traces[-1]["y"]), 0, atol=0.06)


def test_the_density_is_darkest_where_most_numbers_are(moments: list) -> None:
    shares, edges = density(moments)
    figure = density_figure([0, 10, 20], shares, edges, "step", "", at=10)
    z = np.array(figure["data"][0]["z"])
    middle = np.argmin(np.abs(np.array(figure["data"][0]["y"])))
    assert z.max() == 1.0
    assert z[middle, 2] > z[middle, 0] > z[2, 0]
    assert figure["layout"]["shapes"][0]["x0"] == 10
    assert figure["layout"]["xaxis"]["range"] == [0.0, 20.0]


def test_sizes_of_nothing_have_no_place_on_a_logarithmic_scale() -> None:
    (trace,) = sizes_figure(["1", "2", "3"], {"g": np.array([0.1, 0.0, np.nan])}, "size")["data"]
    assert trace["y"] == [0.1, None, None]


def test_a_unit_without_which_it_reads_better_has_another_colour() -> None:
    colors = worth_figure(["1", "2", "3"], np.array([1.0, 0.0, -1.0]), "u", "p")["data"][0]["marker"]["color"]
    assert colors[0] == colors[1] != colors[2]


def test_the_scale_of_accuracies_begins_below_the_lowest() -> None:
    def least(before: list[float], after: list[float]) -> float:
        return before_after_figure(np.array(before), np.array(after), ("a", "b"), "c", "%")["layout"]["yaxis"]["range"][
            0
        ]

    assert least([99.0, 98.0], [97.0, 96.0]) == 90
    assert least([99.0, 98.0], [97.0, 31.0]) == 20
    assert least([99.0], [2.0]) == 0


def test_numbers_become_signed_bytes_up_to_the_limit() -> None:
    def numbers(text: str) -> list[int]:
        return np.frombuffer(base64.b64decode(text), np.int8).tolist()

    text, limit = signed_bytes(np.array([[-2.0, 0.0], [1.0, np.nan]]))
    assert (numbers(text), limit) == ([-127, 0, 64, 0], 2.0)
    text, limit = signed_bytes(np.array([5.0, -np.inf]), limit=2.5)
    assert (numbers(text), limit) == ([127, -127], 2.5)
    assert signed_bytes(np.zeros(3))[1] == 1.0


def test_units_come_before_places() -> None:
    maps = np.arange(24).reshape(2, 3, 4)
    assert units_first(maps).shape == (4, 2, 3)
    assert units_first(maps)[1, 0].tolist() == [1, 5, 9]
    assert units_first(np.arange(5)).shape == (5, 1, 1)
