"""Seconds to 99 % of MNIST's test images, beside PyTorch: `python tests/benchmarks/ninety_nine.py [--seeds 3]`.

Both train the preset "99-in-seconds": the same network, initial distribution, loss, images in the same order,
optimizer, learning rates and epochs, with a look at the validation images after each epoch. They take turns. The clock
runs from the first step to the last look; loading the images and reading the test images are left out. PyTorch must be
installed, or else only ours is measured.
"""

import argparse
import importlib.util
import math
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import engine.blas  # noqa: F401  # isort: skip  # before NumPy

import numpy as np

from engine.bench.contenders import THREADS, _torch_modules  # the benchmark's own translation of our layers
from engine.bench.rows import Row
from engine.config import TrainingConfig
from engine.datasets import Split, load_split
from engine.losses import CrossEntropy
from engine.optimizers import AdamW
from engine.presets import PRESETS
from engine.streams import stream
from engine.trainer import Trainer

PRESET = "99-in-seconds"


def ours(config: TrainingConfig, data: Split) -> tuple[float, float]:
    """Seconds, and the share of the test images that is read right."""
    trainer = Trainer(config, data, processes=True)
    begun = ended = time.perf_counter()
    for event in trainer.run():
        if type(event).__name__ == "EpochDone":
            ended = time.perf_counter()
    trainer.close()
    return ended - begun, float(trainer.record.test["accuracy"])


def torch(config: TrainingConfig, data: Split) -> tuple[float, float]:
    """The same by PyTorch, eager, with its fused optimizer."""
    import torch as t

    t.set_num_threads(THREADS)
    t.manual_seed(config.seed)
    model = t.nn.Sequential(*_torch_modules(Row(PRESET, config.layers, config.optimizer, config.batch_size), t))
    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]
    for weight in weights:
        t.nn.init.kaiming_normal_(weight, nonlinearity="relu")
    decay = config.optimizer.weight_decay if isinstance(config.optimizer, AdamW) else 0.0
    groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = t.optim.AdamW(groups, lr=config.optimizer.learning_rate, fused=True)
    images, labels = _tensors(t, data.train_images, data.train_labels)
    smoothing = config.loss.label_smoothing if isinstance(config.loss, CrossEntropy) else 0.0
    criterion = t.nn.CrossEntropyLoss(label_smoothing=smoothing)
    begun, step = time.perf_counter(), 0
    total = config.epochs * math.ceil(len(labels) / config.batch_size)
    for epoch in range(config.epochs):
        model.train()
        order = t.from_numpy(stream(config.seed, "shuffle", epoch).permutation(len(labels)))
        for chosen in order.split(config.batch_size):
            for group in optimizer.param_groups:
                group["lr"] = config.optimizer.learning_rate * config.schedule.factor(step, total)
            loss = criterion(model(_scaled(images[chosen], data)), labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
        _accuracy(t, model, data, *_tensors(t, data.validation_images, data.validation_labels))
    seconds = time.perf_counter() - begun
    return seconds, _accuracy(t, model, data, *_tensors(t, data.test_images, data.test_labels))


def _tensors(t: Any, images: Any, labels: Any) -> tuple[Any, Any]:
    return t.from_numpy(images)[:, None], t.from_numpy(labels.astype(np.int64))


def _scaled(images: Any, data: Split) -> Any:
    return images.float().sub_(255 * data.scaling.mean).div_(255 * data.scaling.deviation)


def _accuracy(t: Any, model: Any, data: Split, images: Any, labels: Any) -> float:
    model.eval()
    with t.no_grad():
        right = sum(
            int((model(_scaled(images[start : start + 500], data)).argmax(1) == labels[start : start + 500]).sum())
            for start in range(0, len(labels), 500)
        )
    return right / len(labels)


def main() -> None:
    """Measure in turns, and print a table."""
    parser = argparse.ArgumentParser(description="Seconds to 99 % of MNIST's test images, beside PyTorch.")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each (%(default)s)")
    options = parser.parse_args()
    rivals = {"Inkling": ours} | ({"PyTorch": torch} if importlib.util.find_spec("torch") else {})
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in rivals}
    for seed in range(1, options.seeds + 1):
        config = PRESETS[PRESET].config.with_values({"seed": seed, "validate_every": 10**9, "stopping.keep": "last"})
        data = load_split(config.data, seed)
        for name, train in rivals.items():
            found[name].append(train(config, data))
    print("| | seconds of training | test accuracy |\n|---|---|---|")
    for name, results in found.items():
        seconds, accuracies = zip(*results, strict=True)
        spread = ", ".join(f"{100 * accuracy:.2f}" for accuracy in accuracies)
        print(f"| {name} | {statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | {spread} % |")


if __name__ == "__main__":
    main()
