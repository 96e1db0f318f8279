"""Fine-tuning: the settings of a run that goes on from trained weights and learns a person's hand.

What a network has learned must not be forgotten over a few new drawings, as it would be if it saw nothing else
(McCloskey and Cohen 1989, "Catastrophic interference"). So they are mixed with images of the data it learned from, a
quarter of all (rehearsal: Robins 1995), changed a little each time, and steps are small. With the last layer alone
the features stay what they are and only the answer that is read from them changes: quicker, and safer with few
drawings; with all layers it can learn strokes that it had no features for.
"""

from dataclasses import replace
from pathlib import Path

from engine.augment import Rotate, Shear, Shift, Zoom
from engine.checkpoint import Model
from engine.config import DataConfig, Penalty, Stopping, TrainingConfig
from engine.optimizers import Adam
from engine.schedules import Cosine

IMAGES = 3_000  # of the data that the network learned from, in each epoch
VALIDATION = 1_000
SHARE = 0.25  # of each epoch that is the person's drawings
RATES = {"last": 0.002, "all": 0.0007}
EPOCHS = 3
BATCH = 32


def tuning(model: Model, weights: Path, drawings: Path, scope: str) -> TrainingConfig:
    """Settings of a run that begins with `weights`, the model's file, and learns a frozen file of drawings.

    scope: "last" trains the last layer with weights only, "all" every layer. The seed stays, and with it the images
    that validation is held with: neither run learns from them. Raises ValueError for another scope.
    """
    if scope not in RATES:
        raise ValueError(f"scope must be one of {', '.join(RATES)}; got {scope!r}.")
    old = model.config
    last = max(slot.layer for slot in model.network.slots if slot.details.fan_in)
    size = model.image_size / 28
    data = DataConfig(
        source=old.data.source,
        train_images=min(old.data.train_images, IMAGES),
        validation_images=min(old.data.validation_images, VALIDATION),
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


def is_tuning(config: TrainingConfig) -> bool:
    """Whether a run goes on from trained weights with a person's drawings."""
    return bool(config.start_from and config.data.personal)
