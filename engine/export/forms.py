"""The forms in which a network can be taken along, by name, and the files of each."""

import importlib.util
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import Model
from engine.export.arrays import npz
from engine.export.html import html_page, html_problem
from engine.export.keras_source import keras_source
from engine.export.numpy_script import numpy_script
from engine.export.onnx_model import HOW_TO_GET_ONNX, onnx_bytes
from engine.export.plan import ExportError, file_stem
from engine.export.pytorch import pytorch_source
from engine.saying import ENGLISH, Language

TEXT = 60_000  # bytes, about, of a page without its numbers


def _possible(model: Model) -> str:
    return ""


def _onnx_problem(model: Model) -> str:
    return "" if importlib.util.find_spec("onnx") else HOW_TO_GET_ONNX


def _source(write: Callable[[Model, str, str], bytes]) -> Callable[[Model, str, str, Language], bytes]:
    """Source is in one language, as the engine's own."""
    return lambda model, name, stem, say: write(model, name, stem)


@dataclass(frozen=True)
class Form:
    """One form: what its file ends in, and how it is made.

    make: (model, a person's name for it, the file's name without its end, a language for people) -> the file.
    reads_arrays: the file needs the .npz of the same name beside it.
    problem: why this network cannot be written so; "" if it can.
    """

    suffix: str
    what: str
    make: Callable[[Model, str, str, Language], bytes]
    reads_arrays: bool = False
    problem: Callable[[Model], str] = _possible
    grown: float = 1.0  # bytes in the file for one of the numbers

    def file_name(self, name: str) -> str:
        """What `packed` will call the file of a network of this name."""
        return file_stem(name) + (".zip" if self.reads_arrays else self.suffix)

    def size(self, model: Model) -> int:
        """Bytes, about, without making anything."""
        numbers = model.network.vector.nbytes + sum(array.nbytes for array in model.network.tracked.values())
        return int(self.grown * numbers) + (TEXT if self.grown > 1 else 0)


FORMS = {
    "html": Form(
        ".html",
        "a page with a drawing pad, which works offline in any browser",
        lambda model, name, stem, say: html_page(model, name, say),
        problem=html_problem,
        grown=4 / 3,
    ),
    "onnx": Form(
        ".onnx",
        "ONNX, uint8 images in, probabilities out (needs the package onnx)",
        lambda model, name, stem, say: onnx_bytes(model, name),
        problem=_onnx_problem,
    ),
    "npz": Form(".npz", "arrays by name, which Inkling opens again", lambda model, name, stem, say: npz(model)),
    "numpy": Form(".py", "a script that needs NumPy alone, with its .npz", _source(numpy_script), reads_arrays=True),
    "pytorch": Form(
        ".py", "network and training as PyTorch source, with its .npz", _source(pytorch_source), reads_arrays=True
    ),
    "keras": Form(
        ".py", "network and training as Keras source, with its .npz", _source(keras_source), reads_arrays=True
    ),
}


def export(model: Model, form: str, name: str, stem: str = "", say: Language = ENGLISH) -> dict[str, bytes]:
    """The files of one form, by name: the one that was asked for first, then the .npz that it reads, if it does.

    form: one of FORMS. name: a person's text. stem: how the files' names begin; from `name` when empty.
    say: the language of a page; source is English.
    Raises ExportError where the network cannot be written so.
    """
    if form not in FORMS:
        raise ExportError(f"there is no form {form[:40]!r}; there are {', '.join(FORMS)}.")
    chosen, stem = FORMS[form], stem or file_stem(name)
    if problem := chosen.problem(model):
        raise ExportError(problem)
    files = {stem + chosen.suffix: chosen.make(model, name, stem, say)}
    if chosen.reads_arrays:
        files[f"{stem}.npz"] = npz(model)
    return files


def packed(files: dict[str, bytes]) -> tuple[str, bytes]:
    """One file to be sent, and its name: the only one, or a .zip of several, named after the first."""
    (first, content), *others = files.items()
    if not others:
        return first, content
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return f"{Path(first).stem}.zip", memory.getvalue()
