"""What is taken home answers as the engine does. The page itself is tested in a browser."""

import ast
import builtins
import io
import json
import re
import runpy
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import Checkpoint, Model, Position, content, load_checkpoint
from engine.cli import main
from engine.config import DataConfig
from engine.datasets.base import Scaling
from engine.export import FORMS, ExportError, export, file_stem, packed
from engine.export.arrays import for_travel
from engine.export.numpy_script import _in_width, numpy_script
from engine.export.onnx_model import onnx_model
from engine.export.plan import one_line
from engine.network import Network
from engine.presets import PRESETS
from tests.engine.exported import ALL_LAYERS, NETWORKS, covered, made_up_model, some_images

EVIL = '"""\n</script><b>\\{{weights}} \'; import os # \u2028../../etc/passwd\x00'


def test_every_layer_is_among_the_networks():
    assert covered() == ALL_LAYERS


# --- arrays ------------------------------------------------------------------------------------------------------


def test_arrays_open_again_and_predict_the_same(checkpoint, tmp_path, digits):
    assert checkpoint.average
    assert checkpoint.slots  # what does not travel is there
    model = Model(checkpoint)
    (name, content), *others = export(model, "npz", "My run").items()
    assert (name, others) == ("inkling_my_run.npz", [])
    assert name == FORMS["npz"].file_name("My run")
    (tmp_path / name).write_bytes(content)
    again = load_checkpoint(tmp_path / name)
    np.testing.assert_array_equal(again.predict(digits.test_images), model.predict(digits.test_images))
    assert again.checkpoint.position == checkpoint.position
    assert not again.checkpoint.slots
    assert not again.checkpoint.average


@pytest.mark.parametrize("path", ["/home/ann/secret/digits.npz", r"C:\Users\ann\secret\digits.npz"])
def test_no_path_of_a_person_travels(path):
    data = DataConfig(source=path, personal=path)
    model = made_up_model("dense", data=data, start_from=path)
    config = for_travel(model).config
    assert (config.data.source, config.data.personal, config.start_from) == ("digits.npz",) * 3
    for form in FORMS:
        if FORMS[form].problem(model) == "":
            assert all(b"secret" not in content for content in export(model, form, "run").values()), form


def test_the_example_in_the_description_of_the_format_predicts(tmp_path, monkeypatch):
    text = (Path(content.__file__).with_name("FORMAT.md")).read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    model = made_up_model("dense")
    (tmp_path / "network.npz").write_bytes(next(iter(export(model, "npz", "run").values())))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    made = runpy.run_path("example.py")
    images = some_images(model, 20)
    np.testing.assert_allclose(made["predict"](images), model.predict(images), atol=1e-5)
    made["file"].close()


def test_the_description_of_the_format_names_all_that_a_file_holds(checkpoint, tmp_path):
    text = (Path(content.__file__).with_name("FORMAT.md")).read_text(encoding="utf-8")
    content.write_checkpoint(tmp_path / "full.npz", checkpoint)
    with np.load(tmp_path / "full.npz") as file:
        header = json.loads(file["header"].tobytes())
        groups = {name.split("/")[0] for name in file.files}
        keys = {name.rsplit(".", 1)[1] for name in file.files if "." in name}
    assert f"format {header['format']}" in text
    assert all(f"| `{name}` |" in text for name in header)
    assert groups == {"header", "params", "tracked", "average", "slots"}
    assert all(f"`{group}/" in text for group in groups - {"header"})
    assert all(f"LAYER.{key}`" in text for key in keys)
    assert all(re.search(rf"\b{layer.__name__}\b", text) for layer in ALL_LAYERS)


# --- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "..", "/etc/passwd", EVIL, "CON", "ünïcödé 数字", "x" * 500, ".hidden"])
def test_a_persons_name_becomes_a_plain_file_name(name):
    stem = file_stem(name)
    assert stem.isidentifier()
    assert stem.isascii()
    assert stem.startswith("inkling_")
    assert len(stem) < 80


def test_a_title_is_one_line():
    assert one_line(" a\n\tb\u2028c\x00 ") == "a b c"
    assert one_line("\n") == "A network"


def test_an_unknown_form_says_which_there_are():
    with pytest.raises(ExportError, match=r"no form 'pickle'; there are html, onnx, npz, numpy, pytorch, keras"):
        export(made_up_model("dense"), "pickle", "run")


def test_source_travels_with_its_arrays():
    files = export(made_up_model("dense"), "numpy", "run 7")
    name, content = packed(files)
    assert name == "inkling_run_7.zip" == FORMS["numpy"].file_name("run 7")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {each: archive.read(each) for each in archive.namelist()} == files
    assert list(files) == ["inkling_run_7.py", "inkling_run_7.npz"]


@pytest.mark.parametrize("form", [form for form in FORMS if form != "onnx"])
def test_sizes_are_told_before_anything_is_made(form):
    model = made_up_model("dense")
    (content, *_) = export(model, form, "run").values()
    if not FORMS[form].reads_arrays:
        assert FORMS[form].size(model) == pytest.approx(len(content), rel=0.1, abs=12_000)


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_page_holds_no_person_s_text_as_code():
    page = export(made_up_model("lenet"), "html", EVIL)["inkling_script_b_weights_import_os_etc_passwd.html"].decode()
    assert page.count("</script>") == 3  # description, weights, code
    assert "<b>" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "&lt;/script&gt;&lt;b&gt;\\{{weights}}" in page


def test_a_page_needs_images_that_a_drawing_can_become():
    model = made_up_model("no bias")
    model.checkpoint = replace(model.checkpoint, image_shape=(28, 20, 1))
    with pytest.raises(ExportError, match=r"reads 28x20\. Take another form"):
        export(model, "html", "run")


# --- NumPy -------------------------------------------------------------------------------------------------------


def unpacked(model, form, folder, name="run"):
    """The files of a form in a folder; the path of the source."""
    files = export(model, form, name)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return folder / next(iter(files))


PREDICT = """
import sys, importlib.util, numpy as np
spec = importlib.util.spec_from_file_location("exported", sys.argv[1])
exported = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exported)
assert not [name for name in sys.modules if name.split(".")[0] in ("engine", "cv2")]
np.save(sys.argv[3], exported.predict(np.load(sys.argv[2])))
"""


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numpy_script_predicts_as_the_engine(tmp_path, name):
    model = made_up_model(name)
    script = unpacked(model, "numpy", tmp_path, EVIL)
    images = some_images(model, 120)
    np.save(tmp_path / "images.npy", images)
    files = [str(script), str(tmp_path / "images.npy"), str(tmp_path / "shares.npy")]
    subprocess.run([sys.executable, "-W", "error", "-c", PREDICT, *files], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "shares.npy"), model.predict(images), rtol=0, atol=1e-5)


def test_the_numpy_script_names_the_digits_of_a_file(tmp_path):
    model = made_up_model("lenet")
    script = unpacked(model, "numpy", tmp_path)
    images = some_images(model, 5)
    np.save(tmp_path / "images.npy", images)
    done = subprocess.run([sys.executable, script, "images.npy"], capture_output=True, text=True, cwd=tmp_path)
    answers = [(int(line.split()[0]), line.split()[1]) for line in done.stdout.splitlines()]
    assert answers == [(int(each.argmax()), f"{each.max():.1%}") for each in model.predict(images)], done.stderr
    without = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert without.returncode == 1
    assert "images.npy" in without.stderr


def test_a_long_line_of_the_numpy_script_keeps_its_comment_whole():
    code = f'    x = conv(x, w["{"7.conv." * 12}weight"], 0, 1, (2, 2), (2, 2))'
    found = _in_width(code, "  # (n, 24, 24, 8)")
    assert found.startswith("    x = conv(\n")
    assert found.endswith("(2, 2)\n    )  # (n, 24, 24, 8)")
    assert _in_width("    x = relu(x)", "  # (n, 3)") == "    x = relu(x)  # (n, 3)"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numpy_script_is_short(name):
    source = numpy_script(made_up_model(name), "run", "run").decode()
    assert len(source.splitlines()) < 100
    assert max(map(len, source.splitlines())) <= 120


# --- Keras: its source is compiled; it was run by hand -----------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS)
def test_source_is_python_whatever_the_settings(preset):
    config = PRESETS[preset].config
    side = 16 if config.data.source == "mnist16" else 28
    network = Network(config.layers, (side, side, 1))
    named = network.named(network.vector)
    checkpoint = Checkpoint(config, (side, side, 1), 10, Scaling(), Position(), named, network.tracked)
    for form in ("numpy", "pytorch", "keras"):
        source = next(iter(export(Model(checkpoint), form, EVIL).values())).decode()
        tree = ast.parse(source)
        assert ast.get_docstring(tree).startswith("''' </script><b>/{{weights}} '; import os")
        assert "os" not in {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }


# --- ONNX --------------------------------------------------------------------------------------------------------


@pytest.fixture
def onnxruntime():
    pytest.importorskip("onnx", reason="ONNX is not installed: pip install onnx onnxruntime", exc_type=ImportError)
    return pytest.importorskip("onnxruntime", reason="needs pip install onnxruntime", exc_type=ImportError)


@pytest.mark.parametrize("name", NETWORKS)
def test_onnx_runtime_answers_as_the_engine(onnxruntime, name):
    model = made_up_model(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    (content,) = export(model, "onnx", EVIL).values()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    images = some_images(model, 100)
    (shares,) = session.run(["probabilities"], {"images": images})
    np.testing.assert_allclose(shares, model.predict(images), rtol=0, atol=1e-5)
    (one,) = session.run(None, {"images": images[:1]})  # any number of images
    np.testing.assert_allclose(one, shares[:1], rtol=0, atol=1e-6)


def test_a_network_that_overflows_says_nothing_in_onnx_either(onnxruntime):
    model = made_up_model("dense")
    model.network.vector *= 1e30
    images = some_images(model, 3)
    (content,) = export(model, "onnx", "run").values()
    (shares,) = onnxruntime.InferenceSession(content).run(None, {"images": images})
    np.testing.assert_allclose(model.predict(images)[-1], 0.1)
    np.testing.assert_allclose(shares, model.predict(images))


def test_without_the_package_onnx_it_is_said_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def without_onnx(name, *more):
        if name.split(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_onnx)
    with pytest.raises(ExportError, match="pip install onnx"):
        onnx_model(made_up_model("dense"), "run")


# --- the command -------------------------------------------------------------------------------------------------


def test_the_command_writes_source_with_its_arrays(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(saved), "--as", "numpy"]) == 0
    written = sorted(path.name for path in tmp_path.glob("inkling*"))
    assert written == ["inkling_saved.npz", "inkling_saved.py"]
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == written[::-1]
    assert main(["export", str(saved), "--as", "html", "--out", "page.html", "--json"]) == 0
    size = (tmp_path / "page.html").stat().st_size
    assert json.loads(capsys.readouterr().out) == [{"file": "page.html", "bytes": size}]


@pytest.mark.parametrize(("form", "out", "why"), [("npz", "saved.npz", "itself"), ("keras", "saved.py", "itself")])
def test_the_command_never_overwrites_the_checkpoint(saved, capsys, form, out, why):
    before = saved.read_bytes()
    assert main(["export", str(saved), "--as", form, "--out", str(saved.with_name(out))]) == 1
    assert why in capsys.readouterr().err
    assert saved.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(saved, tmp_path, capsys):
    assert main(["export", str(saved), "--as", "html", "--out", str(tmp_path / "no" / "page.html")]) == 1
    assert "page.html cannot be written: No such file or directory" in capsys.readouterr().err


def test_the_command_keeps_source_and_arrays_apart(saved, tmp_path, capsys):
    assert main(["export", str(saved), "--as", "numpy", "--out", str(tmp_path / "x.npz")]) == 1
    assert "let --out end in .py" in capsys.readouterr().err
