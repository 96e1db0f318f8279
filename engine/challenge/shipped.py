"""The challenges that ship with the project. tests/benchmarks/challenges.py trains a solution of each."""

from engine.challenge.rules import Budget, Challenge, Goal
from engine.config import DataConfig, TrainingConfig
from engine.initializers import ScaledNormal, Zeros
from engine.layers import LeakyReLU, ReLU, Tanh
from engine.optimizers import Adam
from engine.presets.base import dense

_DATA = DataConfig(train_images=10_000, validation_images=5_000)
_AWAY = ("preset", "data", "initializer")  # what would give a fault in the data or the first weights away
_QUICK = Adam(learning_rate=0.001)


def _mystery(
    number: int, fault: str, start: TrainingConfig, hidden: tuple[str, ...], goal: float, more: str = ""
) -> Challenge:
    return Challenge(
        name=f"Mystery network {number}",
        text="This network has one hidden fault. Train it as it is, read its curves, and say what is wrong. Then mend "
        f"it and reach the goal.{more}",
        start=start,
        goal=Goal(accuracy=goal),
        budget=Budget(epochs=float(start.epochs)),
        locked=("epochs", "batch_size", "layers"),
        hidden=hidden,
        fault=fault,
    )


SHIPPED: dict[str, Challenge] = {
    "small": Challenge(
        name="Small and quick",
        text="Read 97 % of the validation images with fewer than 10,000 parameters in 3 epochs. The optimizer and its "
        "learning rate are locked: what is left is the network. Where are its parameters, and which layers share "
        "theirs?",
        start=TrainingConfig(layers=dense(12), epochs=3, optimizer=Adam(learning_rate=0.002)),
        goal=Goal(accuracy=0.97),
        budget=Budget(parameters=9_999, epochs=3),
        locked=("optimizer", "schedule", "epochs", "data"),
    ),
    "few": Challenge(
        name="A thousand images",
        text="Read 96 % of the test images after learning from only 1,000. The network begins to memorise at once. "
        "What makes more out of few images?",
        start=TrainingConfig(
            data=DataConfig(train_images=1_000, validation_images=5_000), layers=dense(100), epochs=30, batch_size=32
        ),
        goal=Goal(figure="test", accuracy=0.96),
        budget=Budget(epochs=60, parameters=100_000),
        locked=("data",),
    ),
    "mystery-1": _mystery(
        1,
        "rate",
        TrainingConfig(
            data=_DATA, layers=dense(100, between=(LeakyReLU(),)), epochs=5, optimizer=Adam(learning_rate=0.1)
        ),
        (*_AWAY, "optimizer", "schedule"),
        0.93,
    ),
    "mystery-2": _mystery(
        2,
        "labels",
        TrainingConfig(
            data=DataConfig(train_images=3_000, validation_images=5_000, label_noise=1.0),
            layers=dense(200),
            epochs=20,
            optimizer=_QUICK,
        ),
        _AWAY,
        0.9,
    ),
    "mystery-3": _mystery(
        3,
        "zeros",
        TrainingConfig(
            data=_DATA, layers=dense(100, between=(Tanh(),)), epochs=5, optimizer=_QUICK, initializer=Zeros()
        ),
        _AWAY,
        0.93,
    ),
    "mystery-4": _mystery(
        4,
        "scale",
        TrainingConfig(
            data=DataConfig(train_images=10_000, validation_images=5_000, scaling="none"),
            layers=dense(100),
            epochs=5,
            optimizer=_QUICK,
        ),
        _AWAY,
        0.935,
    ),
    "mystery-5": _mystery(
        5,
        "dead",
        TrainingConfig(
            data=DataConfig(train_images=10_000, validation_images=5_000, scaling="unit"),
            layers=dense(100, between=(ReLU(),)),
            epochs=5,
            optimizer=_QUICK,
            initializer=ScaledNormal(deviation=0.05, mean=-0.03),
        ),
        _AWAY,
        0.93,
        " The chart of dead units, below the curves, may help.",
    ),
    "mystery-6": _mystery(
        6,
        "leak",
        TrainingConfig(
            data=DataConfig(train_images=10_000, validation_images=5_000, leaked_images=10_000),
            layers=dense(200),
            epochs=10,
            optimizer=_QUICK,
        ),
        _AWAY,
        0.94,
        " Look at the test accuracy too.",
    ),
}
