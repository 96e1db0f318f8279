"""`python -m engine predict`: read digits from picture files."""

import argparse
import json
from pathlib import Path

from engine.checkpoint import load_checkpoint
from engine.pictures import read_picture

HELP = "read digits from image files"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")


def run(options: argparse.Namespace) -> int:
    """Print a line for each picture."""
    model = load_checkpoint(options.checkpoint)
    for path in options.images:
        prepared = read_picture(path, model.image_size)
        shares = None if prepared is None else model.predict(prepared[None])[0]
        digit = None if shares is None else int(shares.argmax())
        if options.json:
            listed = None if shares is None else [round(float(share), 6) for share in shares]
            print(json.dumps({"image": str(path), "digit": digit, "probabilities": listed}))
        elif shares is None:
            print(f"{path}: nothing is drawn there")
        else:
            print(f"{path}: {digit} ({shares.max():.1%})")
    return 0
