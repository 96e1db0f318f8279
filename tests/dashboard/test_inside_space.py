"""The map of the hidden space, on the page."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.drawing.pin_curves import Pin
from dashboard.inside import space, space_work
from dashboard.inside.held_back import HeldBack, read_held_back
from dashboard.inside.space import SpaceDesk
from dashboard.inside.space_map import class_colors, sheet
from dashboard.inside.space_words import caption, verdict
from dashboard.inside.space_work import lay_out, tsne
from dashboard.inside.subject import Subject
from dashboard.running.jobs import Jobs, Progress
from engine import Model, load_checkpoint
from engine.explain.space import activations, last_hidden, nearest
from engine.rundir import RunFolder
from tests.dashboard.inside_pages import five_steps, open_section
from tests.dashboard.shown import checked, said, until


@pytest.fixture
def run(root: Path) -> RunFolder:
    return five_steps(root)


def silent(share: float, partial: Any = None) -> None:
    """A job's progress that nobody asks for."""


def subject(run: RunFolder, step: int = 5) -> tuple[Model, HeldBack]:
    model = load_checkpoint(run.snapshots / f"{step:09d}.npz")
    return model, read_held_back(model, ("key",))


def shown(at: AppTest) -> dict[str, Any]:
    """What the map on the page was given."""
    found = [json.loads(each.proto.json) for each in at.get("bidi_component") if "extent" in each.proto.json]
    assert len(found) == 1
    return found[0]


def places(data: dict[str, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(data["places"]), np.float32).reshape(-1, 2)


def test_the_last_hidden_layer_is_laid_out_with_labels_and_answers(run: RunFolder) -> None:
    at = open_section("space", run)
    until(at, lambda: "nearest neighbours" in said(at))
    data = shown(at)
    model, held = subject(run)
    assert places(data).shape == (120, 2)
    assert np.frombuffer(base64.b64decode(data["labels"]), np.uint8).tolist() == held.labels.tolist()
    answers = model.predict(held.images).argmax(axis=1)
    assert np.frombuffer(base64.b64decode(data["answers"]), np.uint8).tolist() == answers.tolist()
    points = activations(model, held.images, last_hidden(model))
    votes = [np.bincount(held.labels[near], minlength=10).argmax() for near in nearest(points)]
    assert f"{100 * np.mean(votes == held.labels):.1f} %" in said(at)
    assert len(data["own"]) == 1  # the image that is chosen


def test_the_chosen_image_lies_where_it_lies_among_the_others(run: RunFolder) -> None:
    at = open_section("space", run)
    until(at, lambda: "nearest neighbours" in said(at))
    data = shown(at)
    own = data["own"][0]  # the first validation image, which is also the first point
    np.testing.assert_allclose([own["x"], own["y"]], places(data)[0], atol=1e-4)


def test_pinned_digits_are_placed_and_named(run: RunFolder) -> None:
    def pin(at: AppTest) -> None:
        from dashboard.drawing.pin_curves import Pinned

        ink = np.zeros((40, 30), np.uint8)
        ink[5:35, 12:18] = 255
        at.session_state["pins"] = Pinned([Pin(0, 1, ink)], 1)

    at = open_section("space", run, pin)
    until(at, lambda: "nearest neighbours" in said(at))
    assert [each["words"].split(",")[0] for each in shown(at)["own"]] == ["the chosen image", "pinned as 1"]


def test_going_through_the_run_moves_the_points_no_more_than_it_must(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, held = subject(run, 2)
    raw = lay_out(model, held, last_hidden(model), "pca", None, silent).picture
    original = space_work.principal_plane

    def mirrored(points: Any, count: int) -> Any:  # as if the axes of the later step had come out the other way round
        plane = original(points, count)
        return replace(plane, directions=plane.directions[:, ::-1] * np.array([1, -1], np.float32))

    at = open_section("space", run)
    until(at, lambda: "nearest neighbours" in said(at))
    newest = places(shown(at))
    monkeypatch.setattr(space_work, "principal_plane", mirrored)
    at.session_state["shown"].at_step = 2
    until(at, lambda: at.session_state["inside-space"].shown.key[0].name == "000000002.npz")
    early = places(shown(at))
    early, newest = early - early.mean(axis=0), newest - newest.mean(axis=0)  # the map's middle is another one
    raw = (raw - raw.mean(axis=0)) / raw.std()
    angles = np.linspace(0, 2 * np.pi, 48)
    turns = [
        np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ np.diag([1, m]) for a in angles for m in (1, -1)
    ]
    assert np.linalg.norm(early - newest) <= min(np.linalg.norm(raw @ turn - newest) for turn in turns) + 1e-2
    np.testing.assert_allclose(  # only turned: distances are the same
        np.linalg.norm(early[1:] - early[:-1], axis=1), np.linalg.norm(raw[1:] - raw[:-1], axis=1), rtol=1e-2
    )


def test_weights_that_change_while_a_picture_is_made_do_not_keep_it_from_coming(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that trains has newer weights each second; a picture may take longer."""
    asked = []

    def slow(self: Jobs, key: Any, work: Any, patience: float = 0.0, rank: int = 0) -> Progress[Any]:
        asked.append(key)
        again = asked.count(key)
        return Progress(1.0, work(silent)) if again > 2 else Progress(0.3)

    monkeypatch.setattr(Jobs, "ask", slow)
    held = read_held_back(load_checkpoint(run.latest), ("key",))
    monkeypatch.setattr(space, "held_back", lambda model, patience: Progress(1.0, held))
    desk = SpaceDesk()
    for second in range(3):
        model = load_checkpoint(run.latest)
        key = (run.latest, second, second)
        now = Subject(model, run.latest, key, model.config, run, 5, True, None, None, lambda: None)
        space._look(desk, now, 6)
    assert desk.shown is not None
    assert desk.shown.key == (run.latest, 0, 0)
    assert len(set(asked)) == 1


def test_any_layer_and_the_pixels_themselves_can_be_laid_out(run: RunFolder) -> None:
    at = open_section("space", run)
    until(at, lambda: "nearest neighbours" in said(at))
    for layer in (-1, 0, 7):
        at.selectbox("space-layer").set_value(layer).run()
        until(at, lambda layer=layer: at.session_state["inside-space"].shown.layout.layer == layer)  # type: ignore[misc]
    checked(at)


def test_tsne_keeps_neighbours_and_is_the_same_each_time(run: RunFolder) -> None:
    pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
    model, held = subject(run)
    first = lay_out(model, held, -1, "tsne", None, silent)
    again = lay_out(model, held, -1, "tsne", None, silent)
    assert np.array_equal(first.picture, again.picture)
    assert np.isfinite(first.picture).all()
    plane = lay_out(model, held, -1, "pca", None, silent)
    kept = _kept(first.picture, first.points)
    assert kept > _kept(plane.picture, first.points)
    further = lay_out(model, held, -1, "tsne", first.picture, silent)
    assert _kept(further.picture, first.points) > 0.9 * kept
    moved = np.linalg.norm(further.picture - first.picture, axis=1).mean()
    assert moved < 0.5 * first.picture.std()
    np.testing.assert_allclose(first.place(model, held.images[:3]), first.picture[:3], atol=1e-2)
    assert "no formula for new points" in caption(first)
    assert "nearest neighbours" in verdict(first)


def _kept(picture: Any, points: Any) -> float:
    """Share of the ten nearest neighbours that are so in both."""
    both = [len(set(a) & set(b)) for a, b in zip(nearest(picture), nearest(points), strict=True)]
    return float(np.mean(both)) / 10


def test_points_that_are_all_the_same_are_refused_by_tsne_and_drawn_by_pca(run: RunFolder) -> None:
    pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
    with pytest.raises(ValueError, match="says the same of all"):
        tsne(np.zeros((30, 5), np.float32), None, silent)
    model, held = subject(run)
    model.network.params[0]["weight"].fill(0)
    found = lay_out(model, held, 0, "pca", None, silent)
    assert np.isfinite(found.picture).all()


def test_without_the_library_the_page_says_so(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    at = open_section("space", run, lambda at: None)
    until(at, lambda: "nearest neighbours" in said(at))
    at.session_state["inside-space"].method = "tsne"
    until(at, lambda: "pip install scikit" in said(at).replace("\\", ""))
    at.session_state["inside-space"].method = "pca"
    until(at, lambda: "nearest neighbours" in said(at))


def test_the_sheet_holds_every_image() -> None:
    images = np.random.default_rng(1).integers(0, 256, (45, 4, 6)).astype(np.uint8)
    found = sheet(images)
    import cv2

    whole = cv2.imdecode(np.frombuffer(base64.b64decode(found["png"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert whole.shape == (2 * 4, 40 * 6)
    for number in (0, 39, 40, 44):
        row, column = divmod(number, found["columns"])
        assert np.array_equal(whole[4 * row : 4 * row + 4, 6 * column : 6 * column + 6], images[number])


def test_classes_have_colours_of_their_own() -> None:
    colors = class_colors(36)
    assert len(set(colors)) == 36
    assert all(len(color) == 7 for color in colors)


def test_a_wide_layer_is_laid_out_with_fewer_directions(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn")
    monkeypatch.setattr(space_work, "MOST_NUMBERS", 784 * 7)
    model, held = subject(run)
    assert lay_out(model, held, -1, "tsne", None, silent).points.shape == (120, 7)
