"""The page Inside without a browser: every section for networks of every kind, and what goes wrong on the way."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.inside.desk import InsideDesk, UnitsDesk
from dashboard.inside.findings import findings
from dashboard.inside.image_choice import misread
from dashboard.inside.moments import from_far_apart, spread
from dashboard.inside.network import NetworkDesk
from dashboard.inside.network_view import shown_layers
from dashboard.inside.units import life_sentences, named
from dashboard.inside.weights import LENGTH, MEAN, combined, field_of
from dashboard.session import Shown, Sketch
from engine.checkpoint import Checkpoint, Model, Position, write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets.base import Scaling
from engine.explain.distributions import moment
from engine.explain.liveness import liveness
from engine.initializers import HeNormal
from engine.layers import AvgPool, BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool, ReLU, Sigmoid, Tanh
from engine.network import Network
from engine.rundir import RunFolder
from engine.snapshots import Snapshot
from tests.dashboard.shown import said

SECTIONS = ("network", "weights", "maps", "histograms", "units")
CONV = (
    Conv(channels=4, kernel=3),
    BatchNorm(),
    ReLU(),
    MaxPool(),
    Conv(channels=6, kernel=3),
    ReLU(),
    Flatten(),
    Dropout(),
    Dense(units=9),
    Tanh(),
    Dense(units=12),
)
DENSE = (Flatten(), Dense(units=70), ReLU(), Dense(units=12))
NO_DENSE = (Conv(channels=12, kernel=3), AvgPool(size=8), Flatten())
LINEAR = (Flatten(), Dense(units=12))
STACKS = {"conv": CONV, "dense": DENSE, "no dense": NO_DENSE, "linear": LINEAR}


@pytest.fixture(autouse=True)
def any_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data may be read from wherever the tests put it."""
    monkeypatch.setenv("INKLING_PATHS", "1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images 8x8 of twelve classes."""
    rng = np.random.default_rng(1)
    path = tmp_path_factory.mktemp("data") / "twelve.npz"
    images = rng.integers(0, 256, (300, 8, 8)).astype(np.uint8)
    labels = (np.arange(300) % 12).astype(np.uint8)
    np.savez(path, train_images=images, train_labels=labels, test_images=images[:24], test_labels=labels[:24])
    return path


def weights(layers: tuple[Layer, ...], data: Path, step: int, seed: int = 3) -> Checkpoint:
    """Random ones for images 8x8 of twelve classes."""
    network = Network(layers, (8, 8, 1))
    network.initialize(HeNormal(), seed)
    source = DataConfig(source=str(data), train_images=200, validation_images=60)
    config = TrainingConfig(data=source, layers=layers)
    named_arrays = {name: array.copy() for name, array in network.named(network.vector).items()}
    tracked = {name: array.copy() for name, array in network.tracked.items()}
    return Checkpoint(config, (8, 8, 1), 12, Scaling(0.5, 0.3), Position(step), named_arrays, tracked)


def ended_run(root: Path, layers: tuple[Layer, ...], data: Path, name: str = "one") -> RunFolder:
    """A run with snapshots at steps 0, 5 and 9, that has ended."""
    checkpoints = [weights(layers, data, step, seed) for seed, step in enumerate((0, 5, 9))]
    run = RunFolder.create(root, checkpoints[0].config, name)
    run.snapshots.mkdir()
    for each in checkpoints:
        write_checkpoint(run.snapshots / f"{each.position.step:09d}.npz", each)
    write_checkpoint(run.latest, checkpoints[-1])
    lines = [
        {"event": "RunStarted", "step": 0, "epoch": 0.0, "seconds": 0.0, "time": 1.0, "train_images": 200},
        {"event": "RunEnded", "step": 9, "epoch": 1.0, "seconds": 1.0, "time": 2.0, "reason": "finished"},
    ]
    run.events_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.worker_file.write_text("{}")
    return run


def script() -> None:
    from dashboard.views import inside

    inside.render()


def page(run: RunFolder | None, section: str = "network", at_step: int | None = None, patient: bool = True) -> AppTest:
    """patient: wait for all that is being found."""
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["inside-desk"] = InsideDesk(section=section)
    if run is not None:
        at.session_state["shown"] = Shown(run_id=run.id, at_step=at_step)
    return settled(at) if patient else once(at)


def once(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception[0].stack_trace
    return at


def settled(at: AppTest) -> AppTest:
    """Run until nothing is waited for."""
    end = time.monotonic() + 60
    at.run()
    while at.session_state["inside-desk"].waiting and time.monotonic() < end:
        assert not at.exception, at.exception[0].stack_trace
        time.sleep(0.02)
        at.run()
    assert not at.exception, at.exception[0].stack_trace
    assert not at.session_state["inside-desk"].waiting
    return at


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", STACKS)
def test_every_section_shows_every_network(name: str, section: str, root: Path, data: Path) -> None:
    at = page(ended_run(root, STACKS[name], data), section)
    assert "at step 9" in said(at)
    assert "It is a " in said(at)  # the image and its answer
    told = {
        "network": "Follow the image from left to right",
        "weights": "kernel looks for" if isinstance(STACKS[name][0], Conv) else "unit looks for",
        "maps": "orange where the answer is positive",
        "histograms": "Gradients of the loss by the weights",
        "units": "What each unit is worth" if name in ("conv", "dense") else "no hidden layer",
    }
    assert told[section] in said(at)


@pytest.mark.parametrize("section", SECTIONS)
def test_without_a_run_the_network_that_ships_is_looked_into(section: str, root: Path) -> None:
    assert "the pretrained network" in said(page(None, section, patient=False))


def test_rewound_to_a_step_it_speaks_of_that_step(root: Path, data: Path) -> None:
    run = ended_run(root, DENSE, data)
    at = page(run, "histograms", at_step=6)
    assert "at step 5" in said(at)
    assert "**At step 5**" in said(at)
    at.session_state["shown"].at_step = None
    settled(at)
    assert "**At step 9**" in said(at)


def test_weights_that_are_gone_are_told_in_words(root: Path, data: Path) -> None:
    run = ended_run(root, DENSE, data)
    at = page(run)
    run.latest.write_bytes(b"damaged")
    settled(at)  # the last that was read stays
    assert "at step 9" in said(at)
    fresh = page(run)
    assert "cannot be read" in said(fresh)


def test_a_run_that_is_deleted_while_it_is_looked_at_gives_way_to_the_network_that_ships(
    root: Path, data: Path
) -> None:
    run = ended_run(root, CONV, data)
    at = page(run, "units")
    shutil.rmtree(run.path)
    assert "This is the pretrained network" in said(once(at))


def test_a_run_without_weights_says_so(root: Path) -> None:
    run = RunFolder.create(root, TrainingConfig(), "empty")
    assert "The run has no weights yet. This is the pretrained network" in said(page(run))


def test_data_that_is_gone_leaves_the_weights_to_be_seen(root: Path, data: Path, tmp_path: Path) -> None:
    at = page(ended_run(root, CONV, tmp_path / "gone.npz"), "weights")
    assert "no data under" in said(at)
    assert "kernel looks for" in said(at)
    at.session_state["inside-desk"].section = "units"
    assert "no data under" in said(settled(at))


def test_a_layer_that_is_picked_opens_and_a_unit_shows_what_it_is_made_of(root: Path, data: Path) -> None:
    at = page(ended_run(root, CONV, data))
    assert "multiply-adds" not in said(at)
    for layer, unit, told in (
        (0, -1, "8 × 8 × 1 in, 8 × 8 × 4 out. 40 parameters, 2,304 multiply-adds"),
        (5, 2, "the inputs that weigh most (4 of 4)"),
        (9, 3, "With the other 88 inputs and the bias"),  # of 4 x 4 x 6
        (3, 1, "the same channel of the layer before"),
        (6, 40, "the same channel of the layer before"),
    ):
        at.session_state["inside-network"] = NetworkDesk(layer, unit, folded=False)
        assert told in said(settled(at))


def test_another_network_forgets_what_was_picked(root: Path, data: Path) -> None:
    ended_run(root, DENSE, data, "dense")
    at = page(ended_run(root, CONV, data))
    at.session_state["inside-network"] = NetworkDesk(10, 3, folded=False)
    settled(at)
    at.session_state["shown"].run_id = "dense"
    settled(at)
    assert "at step 9: 4 layers" in said(at)


def test_a_class_that_is_chosen_is_that_of_the_image(root: Path, data: Path) -> None:
    at = page(ended_run(root, DENSE, data))
    at.session_state["inside-desk"].digit = 11
    assert "It is a 11" in said(settled(at))
    at.session_state["inside-desk"].place = 10**6  # the last one is taken
    assert "It is a 11" in said(settled(at))


def test_a_misread_image_is_misread(root: Path, data: Path) -> None:
    at = page(ended_run(root, DENSE, data))
    at.session_state["inside-desk"].source = "misread"
    assert ": misread." in said(settled(at))


def test_a_drawing_goes_through_the_layers(root: Path, data: Path) -> None:
    at = page(ended_run(root, CONV, data), "maps")
    at.session_state["inside-desk"].source = "drawing"
    settled(at)
    assert "Nothing is drawn yet." in said(at)
    assert "Choose an image, or draw one." in said(at)
    stroke = np.zeros((250, 250, 4), np.uint8)
    stroke[..., 3] = 255
    stroke[40:210, 115:135, :3] = 255
    at.session_state["drawing"].sketches.append(Sketch([], stroke))
    settled(at)
    assert "orange where the answer is positive" in said(at)
    assert "It is a" not in said(at)  # nobody knows what it was to be


def test_a_network_that_reads_no_drawings_says_so(root: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.inside.image_choice.reads_drawings", lambda model: False)
    at = page(ended_run(root, CONV, data))
    at.session_state["inside-desk"].source = "drawing"
    assert "8×8 pixels and cannot read drawings" in said(settled(at))


def test_units_that_are_switched_off_change_the_accuracy_and_come_on_again(root: Path, data: Path) -> None:
    at = page(ended_run(root, CONV, data), "units")
    desk: UnitsDesk = at.session_state["inside-units"]
    desk.off = {0: {0, 1, 2, 3}}
    desk.fill = "mean"
    settled(at)
    assert "1. Conv 3×3, 4: 1, 2, 3, 4 off" in said(at)
    assert "Accuracy on 60 validation images" in said(at)
    at.button("units-all-on").click()
    settled(at)
    assert "1, 2, 3, 4 off" not in said(at)
    assert not any(desk.off.values())


def model_of(layers: tuple[Layer, ...], data: Path) -> Model:
    return Model(weights(layers, data, 1))


def test_misread_images_come_with_the_surest_mistake_first(data: Path) -> None:
    model = model_of(DENSE, data)
    images = np.random.default_rng(2).integers(0, 256, (50, 8, 8)).astype(np.uint8)
    shares = model.predict(images)
    labels = shares.argmax(axis=1).astype(np.uint8)
    labels[[4, 9, 30]] = (labels[[4, 9, 30]] + 1) % 12
    found = misread(model, images, labels)
    assert sorted(found) == [4, 9, 30]
    assert np.all(np.diff(shares[found].max(axis=1)) <= 0)


def test_columns_are_folded_into_the_layer_that_they_belong_to(data: Path) -> None:
    model = model_of(CONV, data)
    assert shown_layers(model, folded=False) == list(range(11))
    assert shown_layers(model, folded=True) == [2, 3, 5, 7, 9, 10]


def test_weights_are_laid_out_as_what_they_look_at(data: Path) -> None:
    model = model_of(CONV, data)
    assert field_of(model, 0) == (3, 3, 1)
    assert field_of(model, 8) == (4, 4, 6)  # through Dropout and Flatten
    assert field_of(model, 10) is None
    assert field_of(model_of(DENSE, data), 1) == (8, 8, 1)
    field = np.zeros((1, 1, 2, 1))
    field[0, 0, :, 0] = (3, -4)
    assert combined(field, MEAN).item() == -0.5
    assert combined(field, LENGTH).item() == 5
    assert combined(field, 1).item() == -4


def test_snapshots_are_spread_over_the_run_and_mostly_stay_the_same() -> None:
    found = [Snapshot(step, Path(f"{step}.npz"), 1) for step in range(150)]
    first, more = spread(found[:100], 48), spread(found[:102], 48)
    assert len(first) <= 49
    assert (first[0], first[-1]) == (Path("0.npz"), Path("99.npz"))
    assert set(first[:-1]) <= set(more)
    assert spread([], 48) == []
    for count in (0, 1, 2, 3, 17, 48):
        order = from_far_apart(count)
        assert sorted(order) == list(range(count))
        if count > 2:
            assert order[:3] == [count - 1, 0, round((count - 1) / 2)]


def test_dead_and_saturated_units_are_named(data: Path) -> None:
    model = model_of((Flatten(), Dense(units=5), ReLU(), Dense(units=4), Sigmoid(), Dense(units=12)), data)
    images = np.random.default_rng(3).integers(0, 256, (20, 8, 8)).astype(np.uint8)
    model.network.params[1]["bias"][[0, 3]] = -1e6
    model.network.params[3]["bias"][2] = 1e6
    dead, saturated = (life_sentences(model, life) for life in liveness(model, images))
    assert len(dead) == len(saturated) == 1
    assert dead[0].startswith("2. Dense, 5: each of the units 1, 4 (2 of 5) never answers to any of 20 validation")
    assert saturated[0].startswith("4. Dense, 4: unit 3 (1 of 4) is saturated")
    assert named(tuple(range(8)), 8) == "each of all 8 units"
    assert named(tuple(range(30)), 64).endswith("20 and 10 others (30 of 64)")


def test_vanishing_gradients_and_saturation_are_told_and_a_sound_network_is_not(data: Path) -> None:
    images = np.random.default_rng(3).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    labels = (np.arange(40) % 12).astype(np.uint8)
    sound = model_of(DENSE, data)
    assert findings(sound, moment(sound, images, labels)) == []
    deep = model_of((Flatten(), *(Dense(units=8), Sigmoid()) * 8, Dense(units=12)), data)
    assert any("gradients vanish" in each for each in findings(deep, moment(deep, images, labels)))
    stuck = weights((Flatten(), Dense(units=8), Tanh(), Dense(units=12)), data, 1)
    stuck.params["1.dense.weight"][...] *= 1000
    told = findings(Model(stuck), moment(Model(stuck), images, labels))
    assert any("% of the answers are at the ends of Tanh" in each for each in told)
    silent = weights(DENSE, data, 1)
    silent.params["1.dense.bias"][...] = -1e6
    told = findings(Model(silent), moment(Model(silent), images, labels))
    assert any("100 % of the answers are 0" in each for each in told)
    assert any("No gradient reaches 2. Dense, 70" in each for each in told)
