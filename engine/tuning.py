"""Fine-tuning: the settings of a run that goes on from trained weights and learns a person's hand.

What a network has learned must not be forgotten over a few new drawings, as it would be if it saw nothing else
(McCloskey and Cohen 1989, "Catastrophic interference"). So they are mixed with images of the data it learned from, a
quarter of all (rehearsal: Robins 1995), changed a little each time, and steps are small. With the last layer alone
the features stay what they are and only the answer that is read from them changes: quicker, and safer with few
drawings; with all layers it can learn strokes that it had no features for.
"""

import hashlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from engine.augment import Rotate, Shear, Shift, Zoom
from engine.checkpoint import Model
from engine.config import DataConfig, Penalty, Stopping, TrainingConfig
from engine.datasets import facts
from engine.datasets.base import DataError, held_back
from engine.files import replace_file
from engine.optimizers import Adam
from engine.schedules import Cosine

IMAGES = 3_000  # of the data that the network learned from, in each epoch
VALIDATION = 1_000
FEWEST = 10  # validation images that a run can ask for
SHARE = 0.25  # of each epoch that is the person's drawings
RATES = {"last": 0.002, "all": 0.0007}
EPOCHS = 3
BATCH = 32


def tuning(model: Model, weights: Path, drawings: Path, scope: str) -> TrainingConfig:
    """Settings of a run that begins with `weights`, the model's file, and learns a frozen file of drawings.

    weights: see `keep_weights`. scope: "last" trains the last layer with weights only, "all" every layer. The seed
    stays, and validation is held with images that were held back from the first run as well: neither run learns from
    them. Raises ValueError for another scope, DataError where the data cannot be read.
    """
    if scope not in RATES:
        raise ValueError(f"scope must be one of {', '.join(RATES)}; got {scope!r}.")
    old = model.config
    last = max(slot.layer for slot in model.network.slots if slot.details.fan_in)
    size = model.image_size / 28
    data = DataConfig(
        source=old.data.source,
        train_images=min(old.data.train_images, IMAGES),
        validation_images=min(_held(old.data), VALIDATION),
        scaling=old.data.scaling,
        personal=str(drawings),
        personal_share=SHARE,
    )
    return replace(
        old,
        data=data,
        optimizer=Adam(learning_rate=RATES[scope]),
        schedule=Cosine(),
        penalty=Penalty(),
        augmentation=(Shift(pixels=1.0 * size), Rotate(degrees=8.0), Zoom(by=0.08), Shear(by=0.1)),
        batch_size=BATCH,
        epochs=EPOCHS,
        max_steps=0,
        clip_norm=0.0,
        average=0.0,
        stopping=Stopping(keep="last"),
        validate_every=0,
        frozen=tuple(range(last)) if scope == "last" else (),
        start_from=str(weights.resolve()),
    )


def _held(data: DataConfig) -> int:
    """Validation images to ask for so that none is among those which a run was trained on: as many as it held back.

    It may have held back fewer than it asked for. Where those are fewer than can be asked for, the data is so small
    that the same wish gives the same images.
    """
    found = facts(data.source)
    held = held_back(found.images, data.train_images, data.validation_images)
    return data.validation_images if found.own_validation or held < FEWEST else held


def keep_weights(weights: Path, folder: Path) -> Path:
    """A file with these weights that stays as it is, named by its contents. Raises DataError.

    A run's own files do not: the newest is replaced as it learns, snapshots are thinned, and a run may be deleted.
    """
    try:
        data = weights.read_bytes()
        path = folder.resolve() / f"{_digest(data)}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, lambda temporary: temporary.write_bytes(data))
    except OSError as error:
        raise DataError(f"the weights in {weights.name} cannot be kept: {error.strerror}.") from None
    return path


def began_with(config: TrainingConfig, weights: Path) -> bool:
    """Whether a run began with the weights that are in a file now, under whatever name."""
    start = Path(config.start_from)
    try:
        found = weights.stat()
        return start == weights.resolve() or start.stem == _digest_of(weights, found.st_mtime_ns, found.st_ino)
    except OSError:
        return False


@lru_cache(maxsize=32)
def _digest_of(path: Path, changed: int, inode: int) -> str:
    return _digest(path.read_bytes())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def is_tuning(config: TrainingConfig) -> bool:
    """Whether a run goes on from trained weights with a person's drawings."""
    return bool(config.start_from and config.data.personal)
