# ruff: noqa: RUF001  (Chinese punctuation is what is meant)
"""Every language has every text of the page, with the same values in it, and nothing that is said nowhere."""

import ast
import functools
import json
import re
from pathlib import Path

import pytest

from dashboard import language
from engine.saying import IN_PAGES, IN_SCRIPTS

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dashboard" / "languages").glob("*.json"))
PLACE = re.compile(r"\{(\w+)[^{}]*\}")
SHOWN = ("dashboard", "engine")
OF_BYTES = " of bytes, such as 500M or 2G{zero}"


@functools.cache
def trees() -> dict[Path, ast.Module]:
    """All sources whose texts can come onto the page."""
    paths = [path for folder in SHOWN for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@functools.cache
def said() -> dict[str, str]:
    """The literals of all calls of say(), in Python and in the pages that the engine writes: text -> where."""
    found = {}
    for path, tree in trees().items():
        if (ROOT / "engine") in path.parents and "engine.saying" not in path.read_text(encoding="utf-8"):
            continue  # the worker prints with another say()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found[text.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    for path in sorted((ROOT / "engine").rglob("*.js")):
        found |= {json.loads(text): path.name for text in IN_SCRIPTS.findall(path.read_text(encoding="utf-8"))}
    for path in sorted((ROOT / "engine").rglob("*.html")):
        found |= {" ".join(text.split()): path.name for text in IN_PAGES.findall(path.read_text(encoding="utf-8"))}
    return found


@functools.cache
def written() -> set[str]:
    """All texts of all sources with their values blanked: what a finished sentence can look like."""
    found = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
                found.add(_bare("".join(str(part) for part in parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(_bare(node.value))
                found.update(_bare(line) for line in node.value.strip().split("\n"))
    return found


def _bare(text: str) -> str:
    """A text without its values, and as forms finish it: a capital at the beginning, a full stop at the end."""
    text = re.sub(r"\{[^{}]*\}", "{}", text.strip()).rstrip(".")
    return text[:1].upper() + text[1:]


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def texts(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def test_a_language_says_what_it_is_called(texts):
    assert texts[""]


def test_no_text_of_the_page_is_missing(texts):
    missing = [f"{where}: {text!r}" for text, where in said().items() if text not in texts]
    assert not missing, f"{len(missing)} texts have no translation:\n" + "\n".join(missing)


def test_values_in_a_translation_are_those_of_the_text(texts):
    """A translation may leave one out, as an English plural's "s"; it cannot have others."""
    wrong = [text for text, other in texts.items() if not set(PLACE.findall(other)) <= set(PLACE.findall(text))]
    assert not wrong


def test_all_titles_of_pages_are_translated(texts):
    from dashboard.pages import TITLES

    assert [title for title in TITLES.values() if title not in texts] == []


def test_every_name_and_sentence_of_the_engine_s_settings_is_translated(texts):
    from dashboard.learning.topics import topics
    from dashboard.settings.forms import sentence, words

    missing = {text for topic in topics().values() for text in (words(topic.name), sentence(topic.sentence))}
    assert {text for text in missing if text not in texts and text.removesuffix(".") not in texts} == set()


def test_no_translation_is_of_a_text_that_nobody_says(texts):
    from dashboard.comparing.wording import plain
    from dashboard.settings.forms import words

    names = {
        spelled(getattr(node, "name", None) or getattr(node, "arg", None) or getattr(node, "id", ""))
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.arg | ast.Name)
        for spelled in (words, plain)
    }
    known = {_bare(text) for text in (*said(), *names)} | written() | {_bare(each) for each in made_up()}
    unused = [text for text in texts if text and _bare(text) not in known]
    assert not unused, f"{len(unused)} translations are of no text:\n" + "\n".join(unused)


def made_up() -> tuple[str, ...]:
    """Sentences that the engine puts together of parts, as they come to the page."""
    return (
        "{epochs} epoch",
        "{epochs} epochs",
        "Paused in epoch {number} of {total}.",
        "Paused in epoch {number}.",
        *(f"a {name}" for name in ("one", "two", "three", "four", "five", "six", "seven", "nine")),
        " such as {found}, or LeakyReLU instead of ReLU",
        " such as {found}, or LeakyReLU instead of ReLU,",
        "{steps} steps",
        *("mean squared error", "cross entropy"),  # as settings that differ are told
        *("scaling unit", "scaling none"),  # values that mean something else in another setting
        *("shift, rotate", "shift, rotate, zoom"),
        *("conv {channels}, {side}×{side}", "conv {channels}, {side}×{side}, stride {stride}"),
        *("max pool {side}×{side}", "avg pool {side}×{side}"),
        "must be {wanted}; got {value}. It is {help}",
        *(f"{{what}}; {{most}} {verb} the most here (limit {{variable}}). {{advice}}" for verb in ("is", "are")),
        *("{others}, or the path of a file", "{others}, or the path of a file or folder"),
        *("{others}, or a file that was sent here", "the path of a file", "the path of a file or folder"),
        *("Permission denied", "No such file or directory", "No space left on device", "Is a directory"),  # of Python
        "File is not a zip file",
        *(f"{{variable}} must be a whole number{more}; got {{text}}." for more in ("", ", 0 for {zero}", OF_BYTES)),
        "{name} is in version {version} of the .npy format; expected 1.0 or 2.0.",
    )


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Epoch 1 of 10: validation accuracy 74.5 %.", "第 1 轮，共 10 轮：验证准确率 74.5 %。"),
        ("Stopped at step 385, after 0.5 epochs.", "在第 385 步停止，已训练 0.5 轮。"),
        ("Paused in epoch 3 of 10.", "已暂停于第 3 轮，共 10 轮。"),
        (
            "The loss has hardly moved from 2.3: the learning rate is too low; try 0.003.",
            "损失几乎没有离开 2.3：学习率太低；试试 0.003。",
        ),
        (
            "Finished after 5 epochs: it reads 97.1 % of the test images, which it never saw, correctly.",
            "训练完 5 轮后结束：从未见过的测试图像，它读对了 97.1 %。",
        ),
    ],
)
def test_what_the_engine_says_of_a_run_is_recognized(english, chinese, monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")
    assert language.translated(english) == chinese


def test_what_the_engine_says_is_looked_up_in_every_section_inside():
    """`literal(progress.problem)` would stay English."""
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in trees().items()
        if path.parent.name == "inside"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "literal"
        for text in node.args
        if getattr(text, "attr", getattr(text, "id", "")) in ("problem", "no_step")
    ]
    assert found == []


def test_what_is_put_together_of_parts_is_translated_whole(monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")
    from dashboard.drawing import pins
    from dashboard.sharing import lock_names
    from dashboard.training import looks

    assert not re.search("[a-z]{2}", pins.problem("71", 1, 9) + pins.problem("7", 2, 9))
    assert lock_names.in_words("optimizer.learning_rate") == "优化器 · 学习率"
    caption = f"Layer 1, Conv: {looks._some(24, 30, kernels=True)}. Orange looks for ink, blue for its absence; "
    assert not re.search("[a-z]{5}", language.translated(caption + "the largest weight is 0.3."))


def test_a_ranking_is_said_in_chinese_with_the_names_that_people_gave(monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")
    from dashboard.comparing.ranking import Entrant, Ranking, Standing
    from engine.history import History

    history = History(Path("nowhere"))
    places = [
        Standing(Entrant(name, name, "ended", "finished", history), place, share, 1.0, share, None)
        for place, (name, share) in enumerate((("Train", 0.9), ("B", 0.8)), 1)
    ]
    told = Ranking(tuple(places), "2 epochs", over=True, race=True)
    assert told.said(language.spoken()) == "2 轮之后 Train 获胜：90.00 % 对 80.00 %。"
    assert told.sentence == "Train wins after 2 epochs: 90.00 % against 80.00 %."


def test_every_loss_has_its_picture():
    """Two losses beside each other: the other one is found from either."""
    from dashboard.learning import illustrations
    from dashboard.learning.topics import topics
    from engine.losses import Loss

    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(illustrations, "_chart", lambda figure, words: shown.append(words) or True)
        for topic in topics().values():
            if topic.cls is not None and issubclass(topic.cls, Loss):
                assert illustrations.render(topic)
    assert len(shown) == len(Loss.members())
