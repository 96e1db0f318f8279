"""Explanations: that they say what they claim to say, for networks of every kind."""

import numpy as np
import pytest

from engine.checkpoint import Checkpoint, Model, Position
from engine.config import DataConfig, TrainingConfig
from engine.datasets import DataError, load_split
from engine.datasets.base import Scaling
from engine.explain import METHODS, TrainingFeatures, feature_maps, ink_basis, morph, saliency
from engine.explain.neighbours import last_weights, training_sample
from engine.explain.probe import Probe
from engine.initializers import HeNormal
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, ReLU, Tanh
from engine.network import Network
from engine.trainer import Trainer

SMOOTH = (Conv(channels=3, kernel=3), Tanh(), MaxPool(), Flatten(), Dense(units=12), Tanh(), Dense(units=10))
STACKS = {
    "conv": (Conv(channels=4, kernel=3), BatchNorm(), ReLU(), MaxPool(), Flatten(), Dropout(), Dense(units=10)),
    "smooth": SMOOTH,
    "dense": (Flatten(), Dense(units=16), ReLU(), Dense(units=10)),
    "unit bias": (Flatten(), Dense(units=16, bias="unit"), ReLU(), Dense(units=10, bias="none")),
    "linear": (Flatten(), Dense(units=10)),
}


def new_model(layers, size=8, seed=3):
    """A network with random weights that reads size x size pixels."""
    network = Network(layers, (size, size, 1))
    network.initialize(HeNormal(), seed)
    config = TrainingConfig(layers=layers)
    named = {name: array.copy() for name, array in network.named(network.vector).items()}
    tracked = {name: array.copy() for name, array in network.tracked.items()}
    return Model(Checkpoint(config, (size, size, 1), 10, Scaling(0.2, 0.4), Position(), named, tracked))


@pytest.fixture
def image():
    """Random ink with some background."""
    rng = np.random.default_rng(4)
    return (rng.integers(0, 256, (8, 8)) * (rng.random((8, 8)) < 0.6)).astype(np.uint8)


@pytest.fixture(scope="module")
def learned(tiny, digits):
    """A network that reads the made-up digits, which are random patterns."""
    trainer = Trainer(tiny.with_values({"epochs": 20}), digits)
    list(trainer.run())
    return Model(trainer.kept)


def lead(model, pixels, digit, rival):
    outputs = Probe(model).outputs(pixels[np.newaxis].astype(np.float32))[0].astype(float)
    return outputs[digit] - outputs[rival]


def test_the_gradient_is_that_of_finite_differences(image):
    model = new_model(SMOOTH)
    found = saliency(model, image, "gradient", digit=2, rival=5)
    pixels, step = image.astype(np.float64) / 255, 1e-2
    for place in [(0, 0), (3, 4), (7, 7), (5, 1)]:
        up, down = pixels.copy(), pixels.copy()
        up[place] += step
        down[place] -= step
        slope = (lead(model, up, 2, 5) - lead(model, down, 2, 5)) / (2 * step)
        assert found.map[place] == pytest.approx(slope, rel=0.02, abs=0.005)


def test_gradient_times_input_is_exact_for_a_linear_network(image):
    model = new_model(STACKS["linear"])
    found = saliency(model, image, "gradient_input")
    assert found.map.sum() == pytest.approx(found.score - found.empty_score, rel=1e-4)
    np.testing.assert_allclose(found.map, saliency(model, image, "integrated").map, atol=1e-5)


@pytest.mark.parametrize("name", STACKS)
def test_integrated_gradients_add_up_to_the_score(name, image):
    found = saliency(new_model(STACKS[name]), image, "integrated")
    assert found.map.sum() == pytest.approx(found.score - found.empty_score, rel=0.05, abs=0.05)
    assert not found.map[image == 0].any()


def test_occlusion_of_a_linear_network_is_the_weight_of_the_wiped_ink():
    layers = (Flatten(), Dense(units=10, bias="none"))
    model = new_model(layers)
    image = np.zeros((8, 8), np.uint8)
    image[3, 3] = 255  # the only ink: every square of two by two pixels over it wipes it all
    found = saliency(model, image, "occlusion", digit=1, rival=0)
    weight = model.network.params[1]["weight"].reshape(8, 8, 10)[3, 3] / model.checkpoint.scaling.deviation
    assert found.map[3, 3] == pytest.approx(weight[1] - weight[0], rel=1e-3)
    assert found.map[4, 4] == pytest.approx((weight[1] - weight[0]) / 4, rel=1e-3)  # one of its four squares
    assert found.map[6, 6] == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_network_that_has_diverged_has_a_finite_map(method, image):
    model = new_model(STACKS["dense"])
    model.network.vector.fill(3e38)
    assert np.isfinite(saliency(model, image, method).map).all()
    assert np.isfinite(morph(model, image, np.eye(64, dtype=np.float32)[:10]).probabilities).all()
    assert feature_maps(model, image)


def test_an_image_of_another_size_is_refused_in_words(image):
    with pytest.raises(ValueError, match=r"uint8 \(28, 28\); got uint8 \(8, 8\)"):
        saliency(new_model(STACKS["linear"], 28), image)
    with pytest.raises(ValueError, match="integrated"):
        saliency(new_model(STACKS["linear"]), image, "magic")


def test_the_strongest_maps_come_first_and_are_those_after_the_activation(image):
    model = new_model(STACKS["conv"])
    (maps,) = feature_maps(model, image, most=3)
    assert (maps.name, maps.kind, maps.maps.shape) == ("0.conv", "maps", (3, 8, 8))
    assert maps.maps.min() >= 0  # of the ReLU, after the batch normalization
    strengths = Probe(model).layer_outputs(image[np.newaxis].astype(np.float32) / 255)[2][0].std(axis=(0, 1))
    assert maps.units.tolist() == np.argsort(-strengths)[:3].tolist()


def test_layer_by_layer_gives_what_the_network_gives(image):
    model = new_model(STACKS["conv"])
    probe = Probe(model)
    pixels = image[np.newaxis].astype(np.float32) / 255
    np.testing.assert_allclose(probe.layer_outputs(pixels)[-1], probe.outputs(pixels), rtol=1e-5)


def test_a_network_without_convolution_shows_the_weights_of_its_strongest_units(image):
    model = new_model(STACKS["unit bias"])
    (units,) = feature_maps(model, image, most=4)
    assert units.kind == "weights"
    weight = model.network.params[1]["weight"]
    np.testing.assert_array_equal(units.maps[0].ravel(), weight[:, units.units[0]])
    assert np.all(np.diff(units.responses) <= 0)


@pytest.mark.parametrize("name", STACKS)
def test_the_nearest_training_image_to_a_training_image_is_itself(name):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (700, 8, 8)).astype(np.uint8), (np.arange(700) % 10).astype(np.uint8)
    own = np.arange(700) == 650
    features = TrainingFeatures(new_model(STACKS[name]), images, labels, own)
    for place in (0, 321, 650):
        first, second = features.nearest(images[place], 2)
        np.testing.assert_array_equal(first.image, images[place])
        assert first.distance == pytest.approx(0, abs=1e-3)
        assert (first.label, first.own) == (place % 10, place == 650)
        assert second.distance > 0.01


def test_distances_are_between_the_inputs_of_the_last_weights():
    model = new_model(STACKS["dense"])
    images = np.random.default_rng(1).integers(0, 256, (20, 8, 8)).astype(np.uint8)
    features = TrainingFeatures(model, images, np.zeros(20, np.uint8))
    found = features.nearest(images[0], 20)[-1]
    outputs = Probe(model).layer_outputs(np.stack([images[0], found.image]).astype(np.float32) / 255)
    hidden = outputs[last_weights(model) - 1]
    assert found.distance == pytest.approx(float(np.linalg.norm(hidden[0] - hidden[1])), rel=1e-4)


def test_a_wide_layer_has_fewer_images_and_keeps_ones_own(monkeypatch):
    monkeypatch.setattr("engine.explain.neighbours.MOST_BYTES", 4 * 64 * 30)
    images = np.random.default_rng(2).integers(0, 256, (90, 8, 8)).astype(np.uint8)
    own = np.arange(90) == 41
    features = TrainingFeatures(new_model(STACKS["linear"]), images, np.zeros(90, np.uint8), own)
    assert features.features.shape == (30, 64)
    assert features.own.sum() == 1
    np.testing.assert_array_equal(features.images[0], images[41])


def test_the_sample_holds_training_images_only(tiny):
    digits = load_split(tiny.data, tiny.seed)
    images, labels, own = training_sample(tiny, 8)
    known = {image.tobytes() for image in digits.train_images}
    assert len(images) == len(labels) == 70
    assert all(image.tobytes() in known for image in images)
    assert not own.any()


def test_a_morph_begins_with_the_drawing_and_ends_as_the_other_digit(learned, digits):
    basis = ink_basis(digits.train_images, 40)
    for image, label in zip(digits.validation_images[:5], digits.validation_labels[:5], strict=True):
        found = morph(learned, image, basis)
        np.testing.assert_array_equal(found.frames[0], image)
        assert found.digit == label
        assert found.target != label
        assert found.reached
        assert found.probabilities[-1].argmax() == found.target
        np.testing.assert_array_equal(found.probabilities, learned.predict(found.frames))


def test_a_morph_of_a_network_whose_outputs_are_no_logits(tiny, digits):
    config = tiny.with_values({"loss": "MeanSquaredError", "optimizer": "Adam", "epochs": 30})
    trainer = Trainer(config, digits)
    list(trainer.run())
    model = Model(trainer.kept)
    found = morph(model, digits.validation_images[0], ink_basis(digits.train_images, 40))
    assert found.reached
    assert found.added + found.erased < 25  # of 64 pixels: no further than it must


def test_a_morph_to_a_digit_that_was_asked_for(learned, digits):
    image = digits.validation_images[0]
    target = (int(digits.validation_labels[0]) + 3) % 10
    found = morph(learned, image, ink_basis(digits.train_images, 40), target)
    assert (found.target, found.reached) == (target, True)
    change = found.frames[-1].astype(float) - image
    assert found.added == pytest.approx(np.maximum(change, 0).sum() / 255, rel=1e-3)
    assert found.erased == pytest.approx(np.maximum(-change, 0).sum() / 255, rel=1e-3)


def test_components_are_the_directions_in_which_images_vary():
    rng = np.random.default_rng(5)
    images = np.full((400, 6, 6), 100.0)
    images[:, 2, 3] += rng.standard_normal(400) * 40
    images[:, 1, 1] += rng.standard_normal(400) * 20
    first, second = ink_basis(images.round().clip(0, 255).astype(np.uint8), 2).reshape(2, 6, 6)
    assert abs(first[2, 3]) == pytest.approx(40 / 255, rel=0.1)  # as long as its deviation
    assert abs(second[1, 1]) == pytest.approx(20 / 255, rel=0.1)
    assert abs(first[0, 0]) < 0.01


def test_large_images_vary_in_smooth_waves():
    basis = ink_basis(np.zeros((3, 40, 40), np.uint8), 10).reshape(10, 40, 40)
    assert np.ptp(basis[0]) == pytest.approx(0, abs=1e-6)  # the first is flat, and no step between neighbours large
    assert np.abs(np.diff(basis, axis=1)).max() < 0.05


def test_a_config_without_its_data_says_so():
    config = TrainingConfig(data=DataConfig(source="/nowhere/at/all.npz"))
    with pytest.raises(DataError):
        training_sample(config, 28)
