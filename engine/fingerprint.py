"""Sixteen hexadecimal digits that tell whether two runs came to the same weights, bit by bit."""

import hashlib

import numpy as np

from engine.checkpoint import Checkpoint

DIGITS = 16  # 64 bits: two different runs share them by chance once in 10^19


def fingerprint(checkpoint: Checkpoint) -> str:
    """SHA-256 over all arrays that answers are made of, by name: trained, tracked, and the running mean if kept.

    The optimizer's vectors are left out: the file of a finished run has none. Bytes are taken in little-endian order.
    """
    digest = hashlib.sha256()
    for group, arrays in (
        ("params", checkpoint.params),
        ("tracked", checkpoint.tracked),
        ("average", checkpoint.average),
    ):
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{group}/{name} {array.shape}\n".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()[:DIGITS]
