# ruff: noqa: RUF001  (Chinese punctuation is what is meant)
"""What goes wrong in the engine is told on the page: each of its errors is known to every language."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import language
from engine.npy import why_damaged
from engine.optimizers import SGD
from engine.spec import SettingError

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dashboard" / "languages").glob("*.json"))
OF_THE_COMMAND_LINE = ("commands/", "bench/", "reproduce/", "shipping.py")  # in engine/: no page ever calls them
IN_PARTS = {  # whose values decide on the words: several keys are for each
    "{} is in version {}.{} of the .npy format; expected 1.0 or 2.0",
    "{}; {} the most here (limit {}). {}",
    "{} must be {}{}; got {}",
}
PLACE = re.compile(r"\{[^{}]*\}")


def errors() -> Iterator[tuple[str, str]]:
    """(where, text with {0}, {1} for its values) of all that the engine raises, and what functions add to it."""
    for path in sorted((ROOT / "engine").rglob("*.py")):
        place = path.relative_to(ROOT / "engine").as_posix()
        if place.startswith(OF_THE_COMMAND_LINE):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
        for call in raised:
            words = call.args[1:] if _called(call) == "SettingError" else call.args[:1]  # the first is a setting
            for text in words:
                yield from ((f"{place}:{call.lineno}", each) for each in _texts(text))
        helpers = {_called(node) for call in raised for node in ast.walk(call) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (node.name in helpers or node.name.startswith("why_")):
                for each in ast.walk(node):
                    if isinstance(each, ast.Return) and each.value is not None:
                        yield from ((f"{place}:{each.lineno}", text) for text in _texts(each.value))


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _texts(node: ast.expr) -> list[str]:
    """The text of a literal, with {0}, {1} for its values, if there are words in it."""
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    seen: list[str] = []
    text = ""
    for part in parts:
        if isinstance(part, ast.Constant):
            text += part.value if isinstance(part.value, str) else ""
        else:
            name = ast.unparse(getattr(part, "value", part))
            seen += [] if name in seen else [name]
            text += f"{{{seen.index(name)}}}"  # a value that comes twice is one
    return [text] if re.search("[a-z]{2} [a-z]", PLACE.sub("", text)) else []


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def speaking(request, monkeypatch):
    monkeypatch.setattr(language, "language", lambda: request.param.stem)
    return json.loads(request.param.read_text(encoding="utf-8"))


def _bare(text: str) -> str:
    return PLACE.sub("{}", text.strip()).rstrip(".")


def test_every_error_of_the_engine_is_known(speaking):
    known = {_bare(text) for text in speaking}
    found = list(errors())
    missing = [f"{where}: {text!r}" for where, text in found if _bare(text) not in known | IN_PARTS]
    assert not missing, f"{len(missing)} errors have no translation:\n" + "\n".join(missing)
    assert len(found) > 250  # the search itself works


def test_no_error_is_mistaken_for_a_shorter_one(speaking):
    """A key such as "{a} of {b}" would fit into most sentences: nothing English may be left between the values."""
    left = []
    for where, text in errors():
        if _bare(text) in IN_PARTS:
            continue
        told = language.translated(text.format(*(f"v{number}" for number in range(20))))
        target = max((other for key, other in speaking.items() if _bare(key) == _bare(text)), key=len, default=told)
        if set(re.findall("[a-z]{4,}", told)) - set(re.findall("[a-z]{4,}", target)):
            left.append(f"{where}: {told}")
    assert not left, "\n".join(left)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "my.npz: its settings cannot be used: optimizer.learning_rate: must be from 1e-06 to 10; got 50.0. It "
            "is how far each step goes along the gradient.",
            "my.npz：它的设置无法使用：optimizer.learning_rate：必须在 1e-06 到 10 之间；得到的是 50.0。"
            "它是：每一步沿梯度走多远。",
        ),
        (
            "layers.0.kind: unknown name 'Dence' in layer; known are Dense, Conv. Did you mean 'Dense'?",
            "layers.0.kind：层 中没有名称 'Dence'；已知的有 Dense, Conv。您是不是要写 'Dense'？",
        ),
        (
            "data.source: no data under 'x.mat': expected mnist, mnist16, or the path of a file or folder.",
            "data.source：在 'x.mat' 处没有数据：应为 mnist, mnist16，或文件或文件夹的路径。",
        ),
        (
            "a b.csv: neither the first nor the last column can be labels; expected whole numbers from 0 to 255, one "
            "for each class, and at least two classes.",
            "a b.csv：第一列和最后一列都不能作为标签；应为 0 到 255 的整数，每个类别一个，至少两个类别。",
        ),
        (
            "run.zip cannot be opened: latest.npz: it is in version 3.",
            "无法打开 run.zip：latest.npz: it is in version 3.",
        ),
        (
            "Training this network needs about 5 GB of memory; 4 GB are the most here (limit INKLING_MEMORY_BYTES). "
            "Make the batches smaller, or Dense, which gives 12,345 numbers an image.",
            "训练这个网络大约需要 5 GB 内存；此处最多 4 GB（限制 INKLING_MEMORY_BYTES）。请减小批量，或减小 全连接，"
            "它每张图像给出 12,345 个数。",
        ),
        (
            "INKLING_DATA_BYTES must be a whole number of bytes, such as 500M or 2G, 0 for no limit; got 'x'.",
            "INKLING_DATA_BYTES 必须是字节的整数，例如 500M 或 2G，0 表示不限；得到的是 'x'。",
        ),
        ("There is no ink on this picture; expected a drawn digit.", "这张图上没有笔迹；应有一个手写数字。"),
    ],
)
def test_errors_are_said_in_chinese_with_what_they_are_made_of(english, chinese, monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")
    assert language.translated(english) == chinese


def test_errors_as_the_engine_raises_them(monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "zh")
    with pytest.raises(SettingError) as refused:
        SGD.from_json({"kind": "SGD", "learning_rate": 50})
    assert not re.search("must|from|expected|got|It is", language.translated(str(refused.value)))
    assert (
        language.translated(f"x.npz cannot be read: {why_damaged(MemoryError())}.")
        == "无法读取 x.npz：内存不足，装不下它。"
    )


def test_a_sentence_is_compared_with_few_keys(monkeypatch):
    """The page asks for new sentences several times a second, for the numbers in them change."""
    monkeypatch.setattr(language, "language", lambda: "zh")
    sentences = (
        "Epoch 3 of 10: validation accuracy 91.25 %.",
        "the checkpoint does not fit this network: a should be b; it is c.",
    )
    counts = [len(language._candidates(text, "zh")) for text in sentences]
    keys = sum(len(each) for each in language._index("zh").values())
    assert keys > 500
    assert max(counts) < keys / 10


def test_no_page_shows_an_error_as_the_engine_says_it():
    """`literal(desk.problem)` and `error=error` would stay English."""
    raw = re.compile(r"literal\(str\(error\)\)|literal\(\w+\.problem\)|\berror=error\b(?!\.)")
    paths = sorted((ROOT / "dashboard").rglob("*.py"))
    found = [path.name for path in paths if raw.search(path.read_text(encoding="utf-8"))]
    assert sorted(found) == ["catalogue.py", "pins.py", "teaching.py"]  # what they show was translated when it was kept
