"""The map of a layer's space: planes, neighbours, and what stays where it was."""

import numpy as np
import pytest

from engine.explain import space
from engine.explain.probe import Probe
from engine.explain.space import (
    PIXELS,
    activations,
    among,
    fitting,
    last_hidden,
    likeness,
    nearest,
    principal_plane,
    turned,
)
from engine.layers import Conv, Dense, Flatten, MaxPool, ReLU
from tests.engine.test_explain import new_model

LAYERS = (Conv(channels=3, kernel=3), ReLU(), MaxPool(), Flatten(), Dense(units=12), ReLU(), Dense(units=10))


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (30, 8, 8)).astype(np.uint8)


def test_activations_are_what_the_layer_gives_out(images, monkeypatch):
    model = new_model(LAYERS)
    monkeypatch.setattr(space, "CHUNK", 7)
    expected = Probe(model).layer_outputs(images.astype(np.float32) / 255)
    told = []
    for layer in range(len(LAYERS)):
        found = activations(model, images, layer, told.append)
        np.testing.assert_allclose(found, expected[layer].reshape(30, -1), rtol=1e-4, atol=1e-5)
    assert told[-1] == 1.0
    pixels = activations(model, images, PIXELS)
    np.testing.assert_allclose(pixels, (images.reshape(30, -1) / 255 - 0.2) / 0.4, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="from -1"):
        activations(model, images, 7)


def test_the_last_hidden_layer_is_read_by_the_last_weights():
    assert last_hidden(new_model(LAYERS)) == 5
    assert last_hidden(new_model((Flatten(), Dense(units=10)))) == 0


def test_of_a_wide_layer_fewer_images_are_taken(monkeypatch):
    model = new_model(LAYERS)
    assert fitting(model, 0, 2000) == 2000
    monkeypatch.setattr(space, "MOST_BYTES", 192 * 4 * 50)
    assert fitting(model, 0, 2000) == 50
    assert fitting(model, 5, 2000) == 192 * 50 // 12


@pytest.mark.parametrize("count", [40, 12])  # more points than features, and fewer
def test_the_plane_is_that_of_the_singular_value_decomposition(count):
    rng = np.random.default_rng(3)
    points = (rng.normal(size=(count, 20)) * np.linspace(5, 0.1, 20)).astype(np.float32)
    plane = principal_plane(points, 3)
    _, s, v = np.linalg.svd(points.astype(np.float64) - points.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(plane.shares, (s**2 / np.sum(s**2))[:3], rtol=1e-4)
    np.testing.assert_allclose(np.abs(plane.directions.T @ v[:3].T), np.eye(3), atol=1e-4)
    assert (np.take_along_axis(plane.directions, np.abs(plane.directions).argmax(axis=0)[None], 0) > 0).all()
    np.testing.assert_allclose(plane.project(points).std(axis=0) ** 2 * count, s[:3] ** 2, rtol=1e-3)


def test_points_on_a_line_have_no_second_direction():
    line = np.outer(np.arange(5.0), [3.0, 4.0]).astype(np.float32)
    plane = principal_plane(line)
    np.testing.assert_allclose(plane.shares, [1, 0], atol=1e-6)
    assert np.abs(np.diff(plane.project(line)[:, 0])) == pytest.approx(5.0)  # sqrt(9 + 16)
    assert not plane.project(line)[:, 1].any()
    same = principal_plane(np.ones((4, 3), np.float32))
    assert not same.shares.any()
    assert np.isfinite(same.project(np.ones((4, 3), np.float32))).all()


@pytest.mark.parametrize("mirror", [1, -1])
def test_a_picture_that_was_turned_and_mirrored_comes_back(mirror):
    picture = np.random.default_rng(2).normal(size=(50, 2)).astype(np.float32)
    picture -= picture.mean(axis=0)
    angle = 2.1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [1, mirror]
    moved = picture @ turn + [5, 7]
    np.testing.assert_allclose(turned(moved, picture), picture, atol=1e-4)


def test_neighbours_are_the_nearest_others():
    points = np.array([[0.0], [1.0], [3.0], [7.0]], np.float32)
    assert nearest(points, 2).tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert nearest(points, 9).shape == (4, 3)
    assert nearest(points[:1], 5).shape == (1, 0)


def test_likeness_by_hand():
    # two pairs of class 0 and one of class 1; each point's one neighbour is its partner, but for the last pair
    labels = np.array([0, 0, 1, 1, 0, 1], np.uint8)
    neighbours = np.array([[1], [0], [3], [2], [5], [4]])
    found = likeness(neighbours, labels, 3)
    assert found.same == pytest.approx(4 / 6)
    assert found.mixed == (0, 1)
    assert found.share == pytest.approx(2 / 6)  # two of all six neighbours are of the other class
    assert likeness(neighbours[:4], labels[:4], 3).mixed is None
    assert likeness(np.zeros((1, 0), np.intp), labels[:1], 3).same == 0


def test_new_points_lie_among_their_neighbours():
    points = np.array([[0.0, 0], [10, 0], [0, 10]], np.float32)
    picture = np.array([[5.0, 5], [1, 1], [2, 2]], np.float32)
    np.testing.assert_allclose(among(points, picture, points[:1] + 1e-6, 3), [[5, 5]], atol=1e-3)
    # half-way between the first two: as far from both
    np.testing.assert_allclose(among(points, picture, np.array([[5.0, 0]], np.float32), 2), [[3, 3]], atol=1e-5)


def test_what_a_diverged_network_gives_out_can_be_laid_out(images):
    model = new_model(LAYERS)
    model.network.params[0]["weight"].fill(1e38)
    numbers = activations(model, images, 5)
    assert np.isfinite(numbers).all()
    assert np.isfinite(principal_plane(numbers).project(numbers)).all()
    assert nearest(numbers).shape == (30, 10)
