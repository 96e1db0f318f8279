"""The matrix products of a step, run bare: how much of the step they alone would take."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from engine.bench.contenders import Steps
from engine.parallel import Crew

Product = tuple[Any, Any, Any, Any]  # np.matmul or np.dot, its operands, its result


@contextmanager
def listening() -> Iterator[dict[int, list[Product]]]:
    """While entered, every matrix product is kept, with its operands, by thread."""
    heard: dict[int, list[Product]] = {}

    def listener(multiply: Any) -> Any:
        def listen(a: Any, b: Any, out: Any = None) -> Any:
            result = multiply(a, b, out=out)
            if isinstance(result, np.ndarray):  # not the gradient's norm
                heard.setdefault(threading.get_ident(), []).append((multiply, a, b, result))
            return result

        return listen

    with mock.patch.object(np, "matmul", listener(np.matmul)), mock.patch.object(np, "dot", listener(np.dot)):
        yield heard


def bare_products(steps: Steps) -> Steps:
    """A contender that repeats the products of one of `steps`'s steps, on as many threads, and nothing else."""
    steps(1)
    with listening() as heard:
        steps(1)
    threads = list(heard.values())
    crew = Crew(len(threads))

    def work(index: int) -> None:
        for multiply, a, b, out in threads[index]:
            multiply(a, b, out=out)

    def repeat(count: int) -> None:
        for _ in range(count):
            crew.run(work)

    return repeat
