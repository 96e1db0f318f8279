"""The lab report: whole, true to the run, harmless whatever people wrote, and in need of nothing else."""

import csv
import io
import json
import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from engine.about import About, read_about, write_about
from engine.cli import main
from engine.config import TrainingConfig
from engine.optimizers import SGD
from engine.report import curves_csv, data_json, epochs_csv, gather, render
from engine.report.tables import differing
from engine.rundir import RunFolder
from engine.setting_words import settings
from engine.worker import main as worker

HOSTILE = "</script></title><img src=x onerror=alert(1)> \" ' & {x} \0 \ud800"


class Reader(HTMLParser):
    """All tags with their attributes, and all text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style", "title"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open else data


def charts_in(page: str) -> Any:
    found = re.search(r'id="charts">(.*?)</script>', page, re.S)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def trained(tiny: Any, tmp_path_factory: Any) -> RunFolder:
    """A run of a few milliseconds that has ended."""
    run = RunFolder.create(tmp_path_factory.mktemp("runs"), tiny, "trained")
    assert worker([str(run.path)]) == 0
    return run


def test_a_report_holds_all_that_the_run_was(trained: RunFolder) -> None:
    write_about(trained, About(hypothesis="It learns.", hypothesis_step=0, note="A note.", conclusion="It does."))
    found = gather(trained, pins=[(3, np.zeros((8, 8), np.uint8))])
    page = render([found], address="http://localhost:8501/")
    text = Reader(page).text
    for words in ("It learns.", "Written before the run began", "A note.", "It does.", "Drawn by hand"):
        assert words in text
    assert f"?s={found.link}" in text
    assert found.weights in text
    assert found.recipe in text
    assert len(found.weights) == len("0123-4567-89ab-cdef")
    assert [each.which for each in found.judged] == ["validation", "test"]
    for judged in found.judged:
        assert judged.confusion.sum() == judged.count
        assert judged.confusion.trace() / judged.count == pytest.approx(judged.accuracy)
        assert len(judged.worst) == min(judged.count - judged.confusion.trace(), 24)
        assert all(each.label != each.answer for each in judged.worst)
    ended = found.history.ended
    assert ended is not None
    assert found.judged[1].accuracy == pytest.approx(ended["test_accuracy"])


def test_the_page_asks_nobody_for_anything(trained: RunFolder) -> None:
    page = render([gather(trained)])
    for tag, attributes in Reader(page).tags:
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:"), (tag, value)
        assert not [name for name in attributes if name.startswith("on")], tag
    assert "default-src &#x27;none&#x27;" in page
    assert len(page) < 400_000


def test_what_people_wrote_does_no_harm(trained: RunFolder) -> None:
    about = read_about(trained)
    write_about(
        trained, About(name=HOSTILE[:79], note=HOSTILE, hypothesis=HOSTILE, hypothesis_step=4, conclusion=HOSTILE)
    )
    try:
        runs = [gather(trained), gather(trained)]
        for page in (render(runs[:1]), render(runs), render(runs, title=HOSTILE.replace("\ud800", ""))):
            reader = Reader(page)
            assert [tag for tag, _ in reader.tags].count("script") == 2
            assert not [tag for tag, attributes in reader.tags if "onerror" in attributes]
            assert not [tag for tag, attributes in reader.tags if attributes.get("src") == "x"]
            assert charts_in(page)
            page.encode("utf-8")
        assert "had been made: the writer may have seen curves" in Reader(render(runs[:1])).text
        json.loads(data_json(runs))
    finally:
        write_about(trained, about)


def test_a_report_of_a_run_without_anything_says_so(tiny: Any, tmp_path: Any) -> None:
    page = render([gather(RunFolder.create(tmp_path, tiny, "new"))])
    text = Reader(page).text
    assert "There are no weights yet" in text
    assert "Nothing was learned yet." in text
    assert charts_in(page) == []
    with pytest.raises(ValueError, match="at least one run"):
        render([])


def test_a_report_goes_on_without_its_data_or_with_damaged_weights(trained: RunFolder, tmp_path: Any) -> None:
    import shutil

    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(trained.path, copy.path)
    gone = json.loads(copy.config_file.read_text())
    gone["data"]["source"] = "/nowhere/data.npz"
    copy.config_file.write_text(json.dumps(gone))
    copy.final.write_bytes(b"nonsense")
    found = gather(copy)
    assert len(found.problems) == 2
    text = Reader(render([found])).text
    assert "The weights cannot be read" in text
    assert "Curves" in text


def test_live_changes_are_numbered_in_the_table_and_the_curves(trained: RunFolder, tmp_path: Any) -> None:
    import shutil

    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(trained.path, copy.path)
    change = {
        "event": "SettingsChanged",
        "step": 3,
        "epoch": 0.5,
        "seconds": 0.1,
        "changes": {"augmentation": [[], [{"kind": "Shift", "pixels": 3}]], "<b>": [1, {}]},
    }
    with copy.events_file.open("a") as file:
        file.write(json.dumps(change) + "\n")
    page = render([gather(copy)])
    assert "augmentation: none → Shift(pixels=3)" in Reader(page).text
    assert escape("<b>: 1 → ()") in page
    assert charts_in(page)[0]["marks"] == [{"step": 3, "epoch": 0.5, "text": "1"}]


def test_settings_that_are_not_as_usual_are_marked() -> None:
    config = TrainingConfig(optimizer=SGD(learning_rate=0.1), epochs=3)
    rows = {row.path: row for row in settings(config)}
    assert (rows["epochs"].value, rows["epochs"].usual) == ("3", "10")
    assert (rows["optimizer"].value, rows["optimizer"].usual) == ("SGD", "Adam")
    assert rows["optimizer.learning_rate"].usual == ""  # as SGD has it
    assert not [row.path for row in rows.values() if row.usual and row.path not in ("epochs", "optimizer")]


def test_a_comparison_shows_only_what_differs_and_promises_no_more_than_it_holds(trained: RunFolder) -> None:
    found = gather(trained)
    other = replace(found, id="other", config=replace(found.config, batch_size=10, seed=9))
    assert [name for name, _ in differing([found.config, other.config])] == ["batch size", "seed"]
    text = Reader(render([found, other])).text
    assert "do equally well" in text
    again = [replace(found, config=replace(found.config, seed=n)) for n in (1, 2)]
    others = [replace(other, config=replace(other.config, seed=n)) for n in (1, 2)]
    assert "equally well on average" in Reader(render([*again, *others])).text


def test_curves_as_csv_hold_every_step_once(trained: RunFolder) -> None:
    history = gather(trained).history
    rows = list(csv.DictReader(io.StringIO(curves_csv(history))))
    steps = [int(row["step"]) for row in rows]
    assert steps == sorted(set(steps))
    assert set(history.batches["step"]) <= set(steps)
    losses = {int(row["step"]): float(row["loss"]) for row in rows if row["loss"]}
    np.testing.assert_allclose(list(losses.values()), history.batches["loss"], rtol=1e-8)
    ends = [row for row in rows if row["epoch_validation_accuracy"]]
    assert len(ends) == len(history.epochs) == 2
    assert float(ends[-1]["epoch_validation_accuracy"]) == pytest.approx(history.epochs["validation_accuracy"][-1])
    assert len(list(csv.DictReader(io.StringIO(epochs_csv(history))))) == 2
    assert len(curves_csv(history, most=3).splitlines()) < len(curves_csv(history).splitlines())


def test_the_data_as_json_is_strict_and_whole(trained: RunFolder) -> None:
    data = json.loads(data_json([gather(trained)]))
    run = data["runs"][0]
    assert TrainingConfig.from_json(run["config"]) == trained.config()
    assert len(run["curves"]["batches"]["loss"]) == 8
    assert np.sum(run["judged"][0]["confusion"]) == run["judged"][0]["count"]


def test_a_report_from_a_shell(trained: RunFolder, tmp_path: Any, capsys: Any) -> None:
    out = tmp_path / "mine.html"
    arguments = [
        "report",
        "trained",
        str(trained.path),
        "--runs",
        str(trained.path.parent),
        "--out",
        str(out),
        "--data",
    ]
    assert main(arguments) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine-trained.csv", "mine.html", "mine.json"]
    assert "Comparison of 2 runs" in out.read_text(encoding="utf-8")
    assert main(["report", "no-such-run", "--runs", str(tmp_path)]) == 1
    assert "there is no run" in capsys.readouterr().err
    assert (
        main(["report", "trained", "--runs", str(trained.path.parent), "--out", str(tmp_path / "no" / "x.html")]) == 1
    )
    assert "cannot be written" in capsys.readouterr().err
