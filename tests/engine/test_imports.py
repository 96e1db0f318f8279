"""Imports run one way, as the design says, read from the source without running it."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))

# From the bottom up. A module imports from levels below its own; those of one level may import each other, as long
# as there is no circle (Python itself sees to that). What is not listed here needs a place.
LEVELS = (
    (
        "blas",
        "kindness",
        "problems",
        "saying",
        "npy",
        "spec",
        "streams",
        "arrays",
        "files",
        "limits",
        "places",
        "liveness",
        "eventlog",
    ),
    ("coding", "link_words"),
    ("layers", "initializers", "losses", "optimizers", "schedules", "augment", "metrics", "drawing", "comparing"),
    ("network", "gradcheck"),
    ("config",),
    ("setting_words", "events", "datasets", "presets", "control", "rundir", "history", "about"),
    ("checkpoint", "parallel", "pictures", "updating", "record", "averaging", "snapshots"),
    (
        "evaluation",
        "judging",
        "stepping",
        "state",
        "shuffling",
        "pacing",
        "probing",
        "carrying",
        "forking",
        "mending",
        "explain",
        "tuning",
    ),
    ("trainer",),
    ("recording", "fingerprint", "wishes"),
    ("worker", "bench", "challenge", "link", "recipe", "travel", "report", "export"),
    ("reproduce", "shipping"),
    ("commands",),
    ("spare", "cli"),
    ("__init__", "__main__"),
)
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}


def imported(path):
    """Full names of the modules that a file imports, anywhere in it; relative imports are made absolute."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part(path):
    """The module of the engine, or its package, that a file belongs to."""
    inside = path.relative_to(ROOT / "engine").with_suffix("").parts
    return inside[0]


def ids(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ENGINE, ids=ids)
def test_the_engine_knows_nothing_of_pages(path):
    for name in imported(path):
        top = name.split(".")[0]
        assert top not in ("streamlit", "streamlit_drawable_canvas", "dashboard", "plotly", "tests"), name


@pytest.mark.parametrize("path", ENGINE, ids=ids)
def test_the_engine_needs_numpy_opencv_and_the_standard_library_only(path):
    # imported there if they are asked for
    rivals = {"bench": {"torch", "jax"}, "export": {"onnx"}}.get(part(path), set())
    for name in imported(path):
        top = name.split(".")[0]
        assert top in {"engine", "numpy", "cv2", *rivals} | sys.stdlib_module_names, name


@pytest.mark.parametrize("path", ENGINE, ids=ids)
def test_imports_inside_the_engine_go_down(path):
    here = part(path)
    assert here in LEVEL, f"say in test_imports.py on which level {here} is"
    modules = {file.relative_to(ROOT / "engine").parts[0].removesuffix(".py") for file in ENGINE}
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "engine" and len(parts) > 1 and parts[1] in modules and parts[1] != here:
            assert LEVEL[parts[1]] <= LEVEL[here], f"{here} must not import {name}"


def test_no_two_modules_of_the_engine_import_each_other():
    above = {}
    for path in ENGINE:
        names = {name.split(".")[1] for name in imported(path) if name.startswith("engine.")}
        above.setdefault(part(path), set()).update(names & set(LEVEL) - {part(path)})

    def reaches(start, goal, seen):
        return any(n == goal or (n not in seen and reaches(n, goal, seen | {n})) for n in above.get(start, ()))

    circles = [name for name in above if name != "__init__" and reaches(name, name, {name})]
    assert circles == []


@pytest.mark.parametrize("path", DASHBOARD, ids=ids)
def test_the_dashboard_uses_the_engine_and_views_use_the_rest(path):
    inside = path.relative_to(ROOT / "dashboard").parts
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "dashboard" or len(parts) < 2:
            continue
        if inside[0] != "app.py":
            assert parts[1] != "app", f"{ids(path)} must not import {name}"
        if inside[0] not in ("app.py", "views"):
            assert parts[1] != "views", f"{ids(path)} must not import {name}"


def says_that_it_is_free(path):
    """Whether a module promises, where it says what it is for, to do without Streamlit."""
    words = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").lower()
    return "no streamlit" in words or "nothing of streamlit" in words


@pytest.mark.parametrize("path", [p for p in DASHBOARD if "charts" in p.parts or says_that_it_is_free(p)], ids=ids)
def test_runs_and_charts_work_without_streamlit(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "streamlit"]


ALLOWED_RANDOM = {"Generator", "SFC64", "SeedSequence"}


@pytest.mark.parametrize("path", ENGINE, ids=ids)
def test_there_is_no_global_random_state(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            assert node.attr in ALLOWED_RANDOM, f"np.random.{node.attr} in line {node.lineno}"
    assert not {"random", "numpy.random"} & set(imported(path))
