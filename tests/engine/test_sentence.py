"""The sentence that says how a run goes."""

import pytest

from engine.history import sentence
from tests.engine.telling import batches, epoch_done, probed, started


def test_sentence_before_and_at_the_start(tell):
    assert sentence(tell.history) == "Waiting for training to start."
    tell(started())
    assert sentence(tell.history) == "Starting: no batch is done yet."


def test_sentence_within_the_first_epoch(tell):
    tell(started(), batches(1, 4))
    assert sentence(tell.history) == "Epoch 1 of 10: training accuracy 50.0 %."
    look = {"event": "Validated", "step": 4, "epoch": 0.4, "seconds": 0.4, "loss": 1.0, "accuracy": 0.6, "images": 9}
    tell(look, look | {"step": 5, "accuracy": 0.7})
    assert sentence(tell.history) == "Epoch 1 of 10: validation accuracy 70.0 %, rising."


def test_sentence_while_it_gets_better_and_after(tell):
    tell(started(), batches(1, 10), epoch_done(1, 0.97, True))
    assert sentence(tell.history) == "Epoch 1 of 10: validation accuracy 97.0 %, the best so far."
    tell(batches(11, 25), epoch_done(2, 0.981, True))
    assert sentence(tell.history) == "Epoch 3 of 10: validation accuracy 98.1 %, still rising."
    tell(batches(26, 30), epoch_done(3, 0.98, False))
    assert sentence(tell.history) == "Epoch 3 of 10: validation accuracy 98.0 %; the best was 98.1 % at epoch 2."


def test_sentence_names_memorising(tell):
    tell(started(), batches(1, 50), epoch_done(1, 0.97, True, train_loss=0.3, loss=0.10))
    for number in (2, 3, 4):
        tell(epoch_done(number, 0.96, False, train_loss=0.3 / number, loss=0.10 + number / 100))
    assert sentence(tell.history).startswith(
        "Validation stopped improving at epoch 1 (97.0 %) while the training loss still falls: it is memorising."
    )


def test_sentence_on_a_rate_that_is_too_high_or_too_low(tell):
    tell(started(), batches(1, 60, [2.3] * 30 + [4.6] * 30))
    assert sentence(tell.history) == "The loss has risen from 2.3 to 4.6: the learning rate is too high; try 0.01."
    tell(started(), batches(1, 300, [2.3] * 300, learning_rate=[0.0003] * 300))
    assert sentence(tell.history) == "The loss has hardly moved from 2.3: the learning rate is too low; try 0.003."


def test_a_rate_that_was_raised_is_to_go_back_to_what_it_was(tell):
    change = {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.05, 0.4]}}
    tell(started(), batches(1, 30, [2.3] * 30), change | {"step": 30, "epoch": 3.0, "seconds": 3})
    tell(batches(31, 60, [4.6] * 30))
    assert sentence(tell.history) == (
        "The loss has risen from 2.3 to 4.6: the learning rate is too high; go back to 0.05, as before step 30."
    )


def test_sentence_on_pause_and_ends(tell):
    tell(started(), batches(1, 25), {"event": "Paused", "step": 25, "epoch": 2.5, "seconds": 1})
    assert sentence(tell.history) == "Paused in epoch 3 of 10."
    tell({"event": "Resumed", "step": 25, "epoch": 2.5, "seconds": 1}, {"event": "RunEnded", "reason": "diverged"})
    assert sentence(tell.history) == "The loss became infinite at step 25: the learning rate is too high; try 0.01."
    tell({"event": "RunEnded", "reason": "stopped", "validation_accuracy": 0.9, "test_accuracy": None})
    assert sentence(tell.history) == "Stopped at step 25, after 2.5 epochs: validation accuracy 90.0 %."
    tell({"event": "RunEnded", "reason": "finished", "test_accuracy": 0.99996})
    assert "reads 99.99 % of the test images" in sentence(tell.history)


def diverged(step):
    """Told by the trainer as the step that was not made; here with the batches before it."""
    last = batches(1, step, [2.3] * (step - 1) + [None])
    return [started(steps_per_epoch=1000, total_steps=10000), last, {"event": "RunEnded", "reason": "diverged"}]


def test_sentence_on_divergence_says_where_and_what_to_try(tell):
    tell(*diverged(412))
    assert sentence(tell.history) == "The loss became infinite at step 412: the learning rate is too high; try 0.01."


@pytest.mark.parametrize(
    "change",
    [
        {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.01, 1.0]}},
        {"event": "Forked", "parent": "first", "changes": {"optimizer.learning_rate": [0.01, 1.0]}},
        {
            "event": "Forked",
            "parent": "first",
            "changes": {"optimizer": [{"kind": "SGD", "learning_rate": 0.01}, {"kind": "Adam", "learning_rate": 1.0}]},
        },
    ],
)
def test_sentence_on_divergence_names_the_change_that_led_to_it(tell, change):
    first, *rest = diverged(412)
    tell(first, change | {"step": 400, "epoch": 0.4, "seconds": 40}, *rest)
    assert sentence(tell.history) == (
        "The loss became infinite at step 412, 12 steps after the learning rate was raised from 0.01 to 1: that is too "
        "high; go back to 0.01."
    )


@pytest.mark.parametrize("pair", [[1.0, 0.01], [None, 1.0], ["a", "b"], [0.0, 1.0]])
def test_a_change_that_did_not_raise_the_rate_is_not_blamed(tell, pair):
    place = {"step": 400, "epoch": 0.4, "seconds": 40}
    first, *rest = diverged(412)
    tell(first, {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": pair}} | place, *rest)
    assert sentence(tell.history).endswith("the learning rate is too high; try 0.01.")


def test_sentence_on_divergence_tells_of_dead_units(tell):
    first, middle, last = diverged(412)
    tell(first, middle, probed(400, dead={"1.relu": 0.7}, dead_share=0.7), last)
    assert sentence(tell.history).endswith("try 0.01. By then 70.0 % of the units were dead.")


def test_sentence_on_a_layer_that_is_dead(tell):
    tell(started(), batches(1, 30), probed(30, dead={"1.relu": 0.0, "4.relu": 1.0}, dead_share=0.4))
    wanted = (
        "All units of layer 5 (ReLU) are dead: they answer every image alike, and nothing before them can learn. Start "
        "again with a smaller learning rate such as 0.01, or LeakyReLU instead of ReLU."
    )
    assert sentence(tell.history) == wanted
    tell({"event": "RunEnded", "reason": "finished", "test_accuracy": 0.1})
    assert sentence(tell.history).endswith(f"correctly. {wanted}")


def test_sentence_on_a_layer_that_died_of_a_raised_rate_names_the_one_before(tell):
    change = {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.05, 9.0]}}
    tell(started(), batches(1, 20), change | {"step": 20, "epoch": 2.0, "seconds": 2}, batches(21, 30))
    tell(probed(30, dead={"4.tanh": 1.0}, dead_share=1.0))
    assert sentence(tell.history).endswith("Start again with a smaller learning rate such as 0.05 (as before step 20).")


def test_sentence_on_many_dead_units_is_said_beside_the_progress(tell):
    tell(started(), batches(1, 30), probed(30, dead={"1.tanh": 0.8, "4.tanh": 0.2}, dead_share=0.6))
    assert sentence(tell.history) == (
        "Epoch 3 of 10: training accuracy 50.0 %. 60.0 % of the units are dead, most of them in layer 2 (Tanh): they "
        "answer every image alike and cannot learn. A smaller learning rate such as 0.01 keeps them alive."
    )
    tell(probed(31, dead={"1.tanh": 0.4, "4.tanh": 0.2}, dead_share=0.3) | {"epoch": 3.0})
    assert sentence(tell.history) == "Epoch 3 of 10: training accuracy 50.0 %."


def test_a_loss_that_does_not_move_under_large_steps_needs_a_smaller_rate(tell):
    tell(started(), batches(1, 300, [2.3] * 300), probed(300, update=1.0, weights=10.0))
    assert sentence(tell.history) == (
        "The loss has hardly moved from 2.3, though each step changes the weights by 10.0 %: the learning rate is too "
        "high; try 0.01."
    )


@pytest.mark.parametrize("name", ["", ".", "relu", "x.relu", "12345678.relu", "²." + "relu", "3."])
def test_strange_layer_names_are_shown_as_they_are(tell, name):
    tell(started(), batches(1, 30), probed(30, dead={name: 1.0}, dead_share=1.0))
    assert "dead" in sentence(tell.history)
