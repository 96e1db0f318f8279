"""Speed of whole training steps, ours beside others', measured side by side in one process.

The contenders take turns, so that a machine that slows down for a while slows all of them down, and medians are
compared. `python -m engine bench --against torch,jax`.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.bench import contenders
from engine.bench.contenders import Steps, make_data
from engine.bench.products import bare_products
from engine.bench.rows import ROWS, Row

RIVALS = ("torch", "jax")


@dataclass(frozen=True)
class Measured:
    """One line of the table. Speeds are medians, images/s."""

    net: str
    optimizer: str
    batch: int
    ours: float
    torch: float | None
    jax: float | None
    ratio: float | None  # ours over the faster rival
    matmul_share: float  # of our step, what its matrix products alone would take

    def to_json(self) -> dict[str, Any]:
        """Plain data, rounded to what the measurement can tell."""
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}


def take_turns(runners: Sequence[Steps], rounds: int, seconds: float) -> list[float]:
    """Median seconds a step of each runner; each round gives every one about `seconds`."""
    counts = []
    for run in runners:
        run(3)  # warm up: compile, allocate, fill caches
        begun = time.perf_counter()
        run(5)
        counts.append(max(1, round(seconds / max((time.perf_counter() - begun) / 5, 1e-9))))
    times: list[list[float]] = [[] for _ in runners]
    for _ in range(rounds):
        for run, count, taken in zip(runners, counts, times, strict=True):
            run(1)  # whoever's helpers fell asleep while it was not its turn wakes them: training has no such turns
            begun = time.perf_counter()
            run(count)
            taken.append((time.perf_counter() - begun) / count)
    return [statistics.median(taken) for taken in times]


def measure(row: Row, rivals: Sequence[str], rounds: int = 9, seconds: float = 0.15) -> Measured:
    """One row."""
    data = make_data(row.image_size)
    own = contenders.ours(row, data)
    products = bare_products(own)
    others = [getattr(contenders, name)(row, data) for name in rivals]
    step, bare, *rest = take_turns([own, products, *others], rounds, seconds)
    speeds = {name: row.batch / taken for name, taken in zip(rivals, rest, strict=True)}
    return Measured(
        net=row.net,
        optimizer=type(row.optimizer).__name__,
        batch=row.batch,
        ours=row.batch / step,
        torch=speeds.get("torch"),
        jax=speeds.get("jax"),
        ratio=row.batch / step / max(speeds.values()) if speeds else None,
        matmul_share=bare / step,
    )


def measure_all(rivals: Sequence[str], rounds: int = 9, only: str = "") -> Iterator[Measured]:
    """All rows, or those whose net's name holds `only`."""
    for row in ROWS:
        if only.lower() in row.net.lower():
            yield measure(row, rivals, rounds)


class BusyCore:
    """While entered, another process keeps one core busy, as a browser or a second run does."""

    def __enter__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", "while True: pass"])

    def __exit__(self, *details: object) -> None:
        self._process.kill()
        self._process.wait()


def geometric_mean(values: Sequence[float]) -> float:
    """exp of the mean of the logarithms."""
    return statistics.geometric_mean(values)


def line(row: Measured) -> str:
    """One line of the printed table."""
    rivals = "".join(f"{'-' if speed is None else f'{speed:,.0f}':>10}" for speed in (row.torch, row.jax))
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    return f"{row.net:34}{row.optimizer:>9}{row.batch:>6}{row.ours:>10,.0f}{rivals}{ratio:>7}{row.matmul_share:>8.0%}"


HEADING = (
    f"{'net':34}{'optimizer':>9}{'batch':>6}{'ours':>10}{'torch':>10}{'jax':>10}{'ratio':>7}{'matmul':>8}   images/s"
)
