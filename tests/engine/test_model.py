"""A trained network that reads images."""

import dataclasses

import numpy as np
import pytest

import engine
from engine.checkpoint import Model, load_checkpoint


def test_predict_gives_probabilities_and_is_the_same_in_any_batch(saved, digits):
    model = engine.load_checkpoint(str(saved))
    shares = model.predict(digits.test_images)
    assert shares.shape == (30, 10)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(model.predict(digits.test_images[4:5]), shares[4:5], rtol=1e-5, atol=1e-7)
    many = model.predict(np.repeat(digits.test_images, 40, axis=0))  # 1200 images, more than are read at once
    np.testing.assert_allclose(many[::40], shares, rtol=1e-5, atol=1e-7)


def test_predict_of_no_images_is_no_rows(saved):
    assert load_checkpoint(saved).predict(np.zeros((0, 8, 8), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((1, 28, 28), np.uint8),
        np.zeros((1, 8, 8, 1), np.uint8),
        np.zeros((1, 8, 8), np.float32),
        [[0.5]],
        "digits",
    ],
)
def test_predict_says_what_it_expects(saved, images):
    with pytest.raises(ValueError, match=r"expects uint8 images \(n, 8, 8\); got .* use prepare_drawing"):
        load_checkpoint(saved).predict(images)


def test_predict_uses_the_average_of_the_weights_where_there_is_one(checkpoint, digits):
    plain = dataclasses.replace(checkpoint, average={})
    as_average = dataclasses.replace(checkpoint, params=checkpoint.average, average={})
    images = digits.test_images
    assert (Model(checkpoint).predict(images) == Model(as_average).predict(images)).all()
    assert (Model(checkpoint).predict(images) != Model(plain).predict(images)).any()


def test_a_network_that_overflows_still_gives_probabilities(checkpoint, digits):
    wild = {name: np.full_like(array, 1e38) for name, array in checkpoint.params.items()}
    shares = Model(dataclasses.replace(checkpoint, params=wild, average={})).predict(digits.test_images)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
