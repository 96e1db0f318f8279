"""A few of the faults, each once; all of them, many times: `python tests/benchmarks/faults.py`."""

import sys
from collections.abc import Iterator

import pytest

from tests.faults.faults import FAULTS, CannotTry
from tests.faults.scene import Scene

QUICK = ("worker killed (SIGKILL)", "server killed (SIGKILL)", "latest.npz damaged", "config.json damaged",
         "control.json damaged", "disk full for a while", "folder read-only")  # fmt: skip


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One for all faults here: the run beside them stays untouched throughout."""
    with Scene(seed=4) as made:
        yield made


@pytest.mark.skipif(sys.platform != "linux", reason="signals and mounts as Linux has them")
@pytest.mark.parametrize("name", QUICK)
def test_a_run_survives(scene: Scene, name: str) -> None:
    try:
        FAULTS[name](scene)
    except CannotTry as why:
        pytest.skip(str(why))
