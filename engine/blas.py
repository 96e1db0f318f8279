"""BLAS at one thread, set when the engine is imported before NumPy.

OpenBLAS's threads wait for each other by spinning; with a browser or a second run on the same cores they were
seen to fall to a seventieth of their speed. Our own hands share batches instead (parallel/).
"""

import os
import sys

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread() -> None:
    """Set the variables that BLAS libraries read when they are loaded; values from outside are kept."""
    if "numpy" in sys.modules:
        return
    for name in VARIABLES:
        os.environ.setdefault(name, "1")


use_one_thread()
