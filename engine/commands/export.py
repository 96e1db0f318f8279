"""`python -m engine export`: a network for use elsewhere."""

import argparse
import json
from pathlib import Path

from engine.checkpoint import load_checkpoint
from engine.export import FORMS, ExportError, export, file_stem
from engine.files import replace_file

HELP = "write a network for use elsewhere: a page, ONNX, or source"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("checkpoint", type=Path)
    listed = "; ".join(f"{name}: {form.what}" for name, form in FORMS.items())
    parser.add_argument("--as", dest="form", choices=FORMS, required=True, help=listed)
    parser.add_argument("--out", type=Path, help="the file to write; if left out, one here, named after the checkpoint")


def run(options: argparse.Namespace) -> int:
    """Write the file, and the .npz that it reads, if it does."""
    model = load_checkpoint(options.checkpoint)
    name = _name(options.checkpoint.resolve())
    out = options.out or Path(file_stem(name) + FORMS[options.form].suffix)
    files = export(model, options.form, name, out.stem)
    paths = [out, *(out.with_name(file) for file in list(files)[1:])]
    _check(paths, options.checkpoint)
    written = []
    for path, content in zip(paths, files.values(), strict=True):
        _write(path, content)
        written.append({"file": str(path), "bytes": len(content)})
    if options.json:
        print(json.dumps(written))
        return 0
    for each in written:
        print(f"{each['file']}: {each['bytes']:,} bytes")
    return 0


def _write(path: Path, content: bytes) -> None:
    try:
        replace_file(path, lambda temporary: temporary.write_bytes(content))
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}.") from None


def _check(paths: list[Path], checkpoint: Path) -> None:
    """Raise ExportError where a file would take the place of another, such as the run's own."""
    if len(set(paths)) < len(paths):
        raise ExportError(f"the source and its arrays would both be {paths[0]}; let --out end in .py.")
    for path in paths:
        if path.resolve() == checkpoint.resolve():
            raise ExportError(f"{path} is the checkpoint itself, which holds more; name another file with --out.")


def _name(path: Path) -> str:
    """ "RUN final" for runs/RUN/final.npz, "convnet" for pretrained/convnet.npz."""
    return f"{path.parent.name} {path.stem}" if path.parent.parent.name == "runs" else path.stem
