"""The matrix products of a step, run bare: how much of the step they alone would take."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

from engine.bench.contenders import Steps

Product = tuple[Any, Any, Any, Any]  # np.matmul or np.dot, its operands, its result


@contextmanager
def listening() -> Iterator[list[Product]]:
    """While entered, every matrix product of this process is kept, with its operands."""
    heard: list[Product] = []

    def listener(multiply: Any) -> Any:
        def listen(a: Any, b: Any, out: Any = None) -> Any:
            result = multiply(a, b, out=out)
            if isinstance(result, np.ndarray):  # not the gradient's norm
                heard.append((multiply, a, b, result))
            return result

        return listen

    with mock.patch.object(np, "matmul", listener(np.matmul)), mock.patch.object(np, "dot", listener(np.dot)):
        yield heard


def bare_products(steps: Steps) -> Steps:
    """A contender that repeats the products of one of `steps`'s steps and does nothing else.

    Where two processes share the batch, these are one's: both do theirs at the same time.
    """
    steps(1)
    with listening() as products:
        steps(1)

    def repeat(count: int) -> None:
        for _ in range(count):
            for multiply, a, b, out in products:
                multiply(a, b, out=out)

    return repeat
