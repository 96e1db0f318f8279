"""Lanes that differ in one thing, who leads, and what repeats say."""

from dataclasses import replace

import pytest

from dashboard.comparing.catalog import Catalog, Summary
from dashboard.comparing.groups import Group, Results, groups, repeats_name, results, start_race, start_repeats, versus
from dashboard.comparing.race import MOST_LANES, Lane, fair, lanes_of, variants
from dashboard.comparing.ranking import Entrant, rank
from dashboard.running.runs import Runs
from dashboard.settings.stack import check
from engine.about import About, read_about
from engine.config import TrainingConfig
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten
from engine.optimizers import SGD, Adam
from engine.presets import PRESETS
from engine.spec import SettingError
from tests.dashboard.test_overlay import history

BASE = TrainingConfig()


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
@pytest.mark.parametrize("variant", variants().values(), ids=lambda variant: variant.name)
def test_every_variant_of_every_preset_can_be_trained(preset, variant):
    choices = variant.choices(preset.config)
    assert len(choices) >= 2
    assert [check(config).problem for config in choices.values() if check(config).problem] == []


def test_learning_rates_lie_around_the_runs_own_and_others_can_be_typed():
    variant = variants()["Learning rate"]
    assert sorted(map(float, variant.choices(BASE))) == [0.0001, 0.0003, 0.001, 0.003, 0.01]
    assert variant.lane(BASE, "0.02").config.optimizer == Adam(learning_rate=0.02)
    assert variant.lane(BASE, "0.02").name == "rate 0.02"
    for text in ("fast", "-1", "nan", "1e9"):
        with pytest.raises(SettingError):
            variant.lane(BASE, text)


def test_what_cannot_be_typed_must_be_chosen():
    with pytest.raises(SettingError, match="no 'x'"):
        variants()["Optimizer"].lane(BASE, "x")


def test_batch_normalization_follows_convolutions_and_hidden_dense_layers_and_is_taken_out_again():
    choices = variants()["Batch normalization"].choices(BASE)
    layers = choices["with batch norm"].layers
    assert [type(layers[at - 1]) for at, layer in enumerate(layers) if isinstance(layer, BatchNorm)] == [
        Conv,
        Conv,
        Dense,
    ]
    assert (
        variants()["Batch normalization"].choices(choices["with batch norm"])["without batch norm"].layers
        == BASE.layers
    )


def test_dropout_is_put_before_the_output_changed_or_taken_out():
    choices = variants()["Dropout"].choices(BASE)
    assert choices["0.2"].layers[-2:] == (Dropout(drop=0.2), Dense(units=10))
    assert variants()["Dropout"].choices(choices["0.2"])["0.5"].layers[-2] == Dropout(drop=0.5)
    assert variants()["Dropout"].choices(choices["0.2"])["no dropout"].layers == BASE.layers


def test_layers_that_do_not_learn_stay_the_same_ones():
    frozen = replace(BASE, frozen=(0, 7))  # the first convolution and the hidden dense layer
    layers = variants()["Batch normalization"].choices(frozen)["with batch norm"]
    assert [layers.layers[at] for at in layers.frozen] == [BASE.layers[0], BASE.layers[7]]


def test_lanes_share_seed_and_length():
    lanes = fair([Lane("a", replace(BASE, seed=3, epochs=7)), Lane("b", BASE)], epochs=2, seed=5)
    assert {(lane.config.seed, lane.config.epochs) for lane in lanes} == {(5, 2)}


def test_runs_become_lanes_that_are_called_by_what_differs():
    other = replace(BASE, optimizer=SGD(learning_rate=0.1), epochs=99)
    assert [lane.name for lane in lanes_of([BASE, other])] == ["Adam · 0.001", "SGD · 0.1"]
    assert [lane.name for lane in lanes_of([BASE, other], ["mine", ""])] == ["mine", "SGD · 0.1"]
    assert len({lane.name for lane in lanes_of([BASE] * MOST_LANES)}) == MOST_LANES


def entrants(tmp_path, **accuracies):
    found = []
    for name, values in accuracies.items():
        state, reason = ("ended", "finished") if len(values) == 3 else ("running", "")
        found.append(Entrant(name, name, state, reason, history(tmp_path, name, values, batches=10 * len(values))))
    return found


def test_runs_are_compared_at_the_last_epoch_that_all_have_completed(tmp_path):
    ranking = rank(entrants(tmp_path, Adam=[0.5, 0.98], SGD=[0.9, 0.972, 0.99], Momentum=[0.1, 0.95]), race=True)
    assert [(each.entrant.name, each.place, each.accuracy) for each in ranking.standings] == [
        ("Adam", 1, 0.98), ("SGD", 2, 0.972), ("Momentum", 3, 0.95),
    ]  # fmt: skip
    assert ranking.sentence == "Adam leads after 2 epochs: 98.00 % against 97.20 % of SGD."
    assert ranking.standings[1].best == 0.99


def test_the_winner_is_named_when_all_have_ended(tmp_path):
    found = entrants(tmp_path, Adam=[0.5, 0.6, 0.98], SGD=[0.9, 0.91, 0.92])
    assert rank(found, race=True).sentence == "Adam wins after 3 epochs: 98.00 % against 92.00 %."
    assert rank(found).sentence == "Adam is ahead after 3 epochs: 98.00 % against 92.00 %."


def test_equals_are_level(tmp_path):
    ranking = rank(entrants(tmp_path, A=[0.98], B=[0.98], C=[0.9]))
    assert ranking.sentence == "A and B are level after 1 epoch: 98.00 %."
    assert [each.place for each in ranking.standings] == [1, 1, 3]


def test_a_small_difference_on_few_images_is_called_luck(tmp_path):
    found = entrants(tmp_path, A=[0.98], B=[0.979])
    for entrant in found:
        entrant.history.started["validation_images"] = 1000  # 2 standard errors: 2 sqrt(2 * .98 * .02 / 1000) = 1.25 %
    assert "may be luck" in rank(found).sentence
    for entrant in found:
        entrant.history.started["validation_images"] = 1_000_000
    assert "luck" not in rank(found).sentence


def test_those_who_wait_or_failed_are_said_and_not_ranked(tmp_path):
    found = entrants(tmp_path, A=[0.98, 0.99], B=[0.97])
    found.append(Entrant("w", "W", "queued", "", history(tmp_path, "w", [])))
    found.append(Entrant("d", "D", "ended", "diverged", history(tmp_path, "d", [0.1], 10)))
    ranking = rank(found, race=True)
    assert ranking.sentence == (
        "A leads after 1 epoch: 98.00 % against 97.00 %. D diverged or failed. 1 of 4 has yet to begin."
    )
    assert [each.place for each in ranking.standings] == [1, 2, 0, 0]
    assert rank(found[2:3]).sentence == "1 of 1 has yet to begin."
    assert rank([]).sentence == "There is nothing to compare yet."


@pytest.fixture
def runs(tmp_path):
    made = Runs(tmp_path / "runs", most=1, worker=("/bin/sleep",))
    yield made
    made.close()


def test_a_race_is_a_group_whose_lanes_wait_in_order(runs):
    started = start_race(runs, [Lane("Adam", BASE), Lane("SGD", replace(BASE, optimizer=SGD()))])
    abouts = [read_about(runs.open(run_id)) for run_id in started]
    assert [about.name for about in abouts] == ["Adam", "SGD"]
    assert {about.kind for about in abouts} == {"race"}
    (group,) = groups(Catalog(runs).look()[0]).values()
    assert [each.id for each in group.members] == started
    assert group.name == "race: optimizer and learning rate"


def test_repeats_differ_in_their_seed_alone_and_take_turns(runs):
    lanes = [Lane("A", replace(BASE, seed=5)), Lane("B", replace(BASE, epochs=2))]
    started = [runs.open(run_id) for run_id in start_repeats(runs, lanes, 3)]
    assert [read_about(run).name for run in started] == [
        "A, seed 5", "B, seed 1", "A, seed 6", "B, seed 2", "A, seed 7", "B, seed 3",
    ]  # fmt: skip
    assert {replace(run.config(), seed=5) for run in started[::2]} == {lanes[0].config}
    found = groups(Catalog(runs).look()[0])
    assert sorted((group.kind, group.name, len(group.members)) for group in found.values()) == [
        ("repeats", "A", 3), ("repeats", "B", 3),
    ]  # fmt: skip


def test_the_longest_name_leaves_room_for_the_seed(runs):
    config = replace(BASE, layers=(Flatten(), *(Dense(units=512) for _ in range(30)), Dense(units=10)), seed=2**32 - 1)
    (first, *_, last) = start_repeats(runs, [Lane(repeats_name(config), config)], 3)
    assert read_about(runs.open(first)).name.endswith(", seed 4294967295")
    assert runs.open(last).config().seed == 1


def member(number, final, reason="finished", name="A", test=None):
    about = About(name=f"{name}, seed {number}", group=name, kind="repeats")
    state = "ended" if reason else "running"
    return Summary(f"r{number}", number, about, BASE, "", state, reason, final=final, test=test)


def test_results_of_repeats_are_mean_and_spread_of_those_that_are_complete():
    members = [
        member(1, 0.98),
        member(2, 0.97),
        member(3, None, ""),
        member(4, None, "diverged"),
        member(5, 0.5, "stopped"),
    ]
    found = results(Group("g", "repeats", tuple(members)))
    assert found == Results("A", (0.98, 0.97), (), going=1, failed=2)
    assert found.sentence == (
        "A: 2 seeds, validation accuracy 97.50 % on average, from 97.00 to 98.00 (standard deviation 0.71)."
        " 1 more still to come. 2 diverged, failed or were stopped: left out."
    )
    assert "no seed is through yet" in results(Group("g", "repeats", (members[2],))).sentence


def test_two_sets_of_repeats_are_compared_on_validation_and_test():
    a = Results("A", (0.990, 0.991, 0.992, 0.991, 0.990), (0.98, 0.981, 0.982, 0.981, 0.98), 0, 0)
    b = Results("B", (0.980, 0.981, 0.982, 0.981, 0.980), (0.97, 0.971, 0.972, 0.971, 0.97), 0, 0)
    for pair in ([a, b], [b, a]):
        validation, test = versus(pair)
        assert validation.startswith("Validation: A beats B beyond luck: by 1.00 points")
        assert test.startswith("Test: A beats B beyond luck")
    worse = Results("C", (0.5, 0.51), (), 0, 0)
    assert versus([worse, b, a])[0] == "Of 3 sets the two best are compared."
    assert versus([a, Results("D", (0.9,), (), 2, 0)]) == []
