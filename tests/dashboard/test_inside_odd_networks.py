"""The hidden space, one step by hand and the microscope for networks that are unlike the usual ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.config import DataConfig
from engine.layers import AvgPool, BatchNorm, Conv, Dense, Dropout, Flatten, ReLU, Sigmoid, Softmax
from engine.losses import MeanSquaredError
from engine.optimizers import SGD
from tests.dashboard.inside_pages import CONFIG, five_steps, open_section
from tests.dashboard.shown import checked, said, until

SMALL = DataConfig(source="mnist16", train_images=640, validation_images=120)
ODD = {
    "linear": replace(CONFIG, data=SMALL, layers=(Flatten(), Dense(units=10)), optimizer=SGD()),
    "no dense": replace(
        CONFIG,
        data=SMALL,
        layers=(Conv(channels=10, kernel=15, padding="valid", bias=False), AvgPool(size=2), Flatten()),
    ),
    "bias units": replace(
        CONFIG,
        data=SMALL,
        layers=(Flatten(), Dense(units=9, bias="unit"), Sigmoid(), Dense(units=10, bias="none"), Softmax()),
        loss=MeanSquaredError(label_smoothing=0.1),
        average=0.9,
    ),
    "norm first, a frozen layer": replace(
        CONFIG,
        data=SMALL,
        layers=(BatchNorm(), Flatten(), Dropout(drop=0.2), Dense(units=9), ReLU(), Dense(units=10)),
        frozen=(3,),
    ),
}
SIGNS = {"space": "nearest neighbours", "by-hand": "∂L/∂y", "microscope": r"w_{\text{new}}"}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("section", SIGNS)
def test_each_section_works(root: Path, name: str, section: str) -> None:
    run = five_steps(root, ODD[name], "odd")
    at = open_section(section, run)
    until(at, lambda: SIGNS[section] in said(at))
    if section == "by-hand":
        for layer in at.selectbox("hand-layer").options:
            place = at.selectbox("hand-layer").options.index(layer)
            at.selectbox("hand-layer").select_index(place).run()
            until(
                at, lambda: at.session_state["inside-by-hand"].found[0][1] == at.session_state["inside-by-hand"].layer
            )
        checked(at)
        at.button("check-gradients").click().run()
        until(at, lambda: "gradients agree" in said(at))


def test_letters_of_many_classes_are_laid_out_and_followed(root: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    labels = (np.arange(240) % 26).astype(np.uint8)
    patterns = rng.integers(0, 200, (26, 12, 12))
    images = (patterns[labels] + rng.integers(0, 50, (240, 12, 12))).astype(np.uint8)
    path = tmp_path / "letters.npz"
    np.savez(path, train_images=images, train_labels=labels, test_images=images[:30], test_labels=labels[:30])
    data = DataConfig(source=str(path), train_images=180, validation_images=60)
    config = replace(CONFIG, data=data, layers=(Flatten(), Dense(units=12), ReLU(), Dense(units=26)), batch_size=20)
    run = five_steps(root, config, "letters")
    for section, sign in SIGNS.items():
        until(at := open_section(section, run), lambda at=at, sign=sign: sign in said(at))  # type: ignore[misc]
