"""What differs between two configs, and what of it may change while a run trains."""

from engine.config import TrainingConfig, differences, live_changes


def test_differences_are_named_by_path_with_both_values():
    old = TrainingConfig()
    new = old.with_values({"optimizer.learning_rate": 0.5, "layers.0.channels": 4, "seed": 2})
    found = {change.path: (change.old, change.new, change.live) for change in differences(old, new)}
    assert found == {
        "optimizer.learning_rate": (0.001, 0.5, True),
        "layers.0.channels": (8, 4, False),
        "seed": (1, 2, False),
    }
    assert list(differences(old, old)) == []


def test_other_kinds_and_other_numbers_of_layers_are_one_difference():
    old = TrainingConfig()
    (change,) = differences(old, old.with_values({"optimizer": "SGD"}))
    assert (change.path, change.old["kind"], change.new["kind"]) == ("optimizer", "Adam", "SGD")
    (change,) = differences(old, old.with_values({"layers": ["Flatten"]}))
    assert change.path == "layers"
    (change,) = differences(old, old.with_values({"frozen": [1]}))
    assert (change.path, change.old, change.new) == ("frozen", [], [1])


def test_what_the_design_calls_live_is_live():
    layers = [{"kind": "Dropout"}]
    old = TrainingConfig().with_values({"layers": layers, "optimizer": "Momentum"})
    live = {
        "optimizer.learning_rate": 0.5,
        "optimizer.momentum": 0.5,
        "penalty.l1": 0.5,
        "penalty.l2": 0.5,
        "penalty.decoupled": 0.5,
        "layers.0.drop": 0.1,
        "augmentation": ["Shift"],
        "loss.label_smoothing": 0.1,
        "batch_size": 7,
        "epochs": 3,
        "clip_norm": 1.0,
        "stopping.patience": 3,
    }
    assert {change.path for change in live_changes(old, old.with_values(live))} == set(live)
