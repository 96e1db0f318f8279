"""What a link, a pasted code or a browser may say: anything at all."""

import base64
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fuzz_data import pictures
from fuzz_mutations import TEXTS, as_text, changed_value, hostile_value, mutated_json, mutated_text
from fuzz_settings import configs, settings, sound

from dashboard.drawing.pin_curves import Pin
from dashboard.drawing.tab_memory import packed, unpacked
from dashboard.session import Sketch
from engine.challenge.claim import Claim, decode_claim, encode_claim
from engine.challenge.coding import LONGEST, MOST_BYTES
from engine.challenge.rules import Challenge, Figures, decode_challenge, encode_challenge
from engine.coding import expanded, opened, sealed, squeezed
from engine.config import TrainingConfig
from engine.link import decode, encode, text_in
from engine.presets import PRESETS
from engine.rundir import RunFolder


def run_name(rng: Random, folder: Path) -> None:
    """`?run=`: a path, HTML, or whatever else."""
    for name in ("runs/a-run", "secret"):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text("{}")
    piece = rng.choice(("../secret", "a-run", "..", ".", "a-run/../../secret", "A-RUN", "*", "~", "", "a-run\n", "nul"))
    name = rng.choice((piece, piece + rng.choice(TEXTS), rng.choice(TEXTS), piece * 50, str(hostile_value(rng))[:9999]))
    run = RunFolder.open(folder / "runs", name)
    assert run.path == folder / "runs" / "a-run"


def settings_link(rng: Random, folder: Path) -> None:
    """`?s=`: letters changed, or a link that is whole and says what no page would."""
    text = encode(rng.choice(configs()))
    if rng.random() < 0.35:
        text = mutated_text(rng, text)
    else:
        text = _link(_said(rng))
    if rng.random() < 0.2:
        text = text_in(rng.choice(("http://localhost:8501/?s=", "?s=", "?run=x&s=", "//[?s=")) + text)
    config, ignored = decode(text)
    for sentence in ignored:
        assert sentence.isprintable()
        assert len(sentence) < 1000
    assert config.data.source in ("mnist", "mnist16")
    assert config.start_from == config.data.personal == ""
    sound(config, rng)


def _said(rng: Random) -> bytes:
    """The list inside of a link: a preset, paths and values."""
    config = rng.choice(configs())
    said: list[Any] = [rng.choice((*PRESETS, *TEXTS, "lenet"))]
    for _ in range(rng.choice((0, 1, 1, 3, 150))):
        path, old = rng.choice(settings(config))
        said += [path if rng.random() < 0.9 else rng.choice(TEXTS), changed_value(rng, old)]
    if rng.random() < 0.2:
        said = mutated_json(rng, said)
    return as_text(said, rng).encode("utf-8", "surrogatepass")


def _link(said: bytes, bomb: int = 0) -> str:
    return sealed(b"\0\0" + squeezed(said + bytes(bomb)))


@cache
def _claim() -> Claim:
    figures = Figures({"validation": 0.9, "test": None}, 1000, 1.0, 100, 6400)
    return Claim("mark", TrainingConfig(), ((3, {"batch_size": 32}),), figures, "f" * 16, "x86_64, NumPy 2", "name")


def _coded(rng: Random, whole: str) -> str:
    """A challenge or a code with other data in it, a bomb, or other letters."""
    act = rng.randrange(10)
    if act < 3:
        return mutated_text(rng, whole)
    data = json.loads(expanded(opened(whole, LONGEST), MOST_BYTES))
    text = as_text(mutated_json(rng, data), rng).encode("utf-8", "surrogatepass")
    if act == 3:
        text += b" " * rng.choice((200, 10**5, 10**7))
    return sealed(squeezed(text))


def challenge_link(rng: Random, folder: Path) -> None:
    """`?challenge=`: what a teacher's link may have become."""
    made = Challenge(name="n", text="t", start=rng.choice(configs()[:-1]), locked=("optimizer",), hidden=("loss",))
    found = decode_challenge(_coded(rng, encode_challenge(made)))
    for text in (found.name, found.text, *found.locked, *found.hidden, found.fault):
        text.encode()
    for sentence in found.missed(_claim().figures):
        sentence.encode()
    sound(found.start, rng)


def claim_code(rng: Random, folder: Path) -> None:
    """A code that somebody hands in."""
    claim = decode_claim(_coded(rng, encode_claim(_claim())))
    for text in (claim.name, claim.machine, claim.challenge, claim.fingerprint):
        assert text.isprintable()
        assert len(text) <= 100
    assert all(each is None or 0 <= each <= 1 for each in claim.figures.accuracy.values())
    for config in claim.configs():
        sound(config, rng)


@cache
def _kept() -> str:
    image = np.zeros((40, 40, 4), np.uint8)
    pins = [Pin(number, number, np.zeros((112, 112), np.uint8)) for number in range(2)]
    return packed(Sketch([{"type": "path", "path": [["M", 1, 2]]}], image), pins)


def tab_memory(rng: Random, folder: Path) -> None:
    """What a browser says it kept of a drawing and of pinned digits."""
    data = json.loads(_kept())
    if rng.random() < 0.5:
        picture = base64.b64encode(rng.choice(pictures())).decode()
        data["drawn"]["image"], data["pinned"][0]["ink"] = rng.choice(((picture, picture), (picture[:50], "")))
    text = as_text(mutated_json(rng, data), rng)
    sketch, pins = unpacked(mutated_text(rng, text) if rng.random() < 0.2 else text)
    if sketch is not None:
        assert sketch.image.dtype == np.uint8
        assert sketch.image.shape[2] == 4
        assert all(isinstance(each, dict) for each in sketch.objects)
    for pin in pins:
        assert pin.ink.ndim == 2
        assert 0 <= pin.label <= 9
