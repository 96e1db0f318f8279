"""How many inputs of each kind are tried: `pytest tests/fuzz --inputs 10000`; few by default, for the daily run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `import fuzz`, here and when the runner is started by hand

FEW = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known only where this folder is named on the command line, as it is for the large run."""
    parser.addoption("--inputs", type=int, default=FEW, help=f"hostile inputs of each kind ({FEW})")


@pytest.fixture(scope="session")
def inputs(request: pytest.FixtureRequest) -> int:
    """Of each kind."""
    return int(request.config.getoption("--inputs", FEW))
