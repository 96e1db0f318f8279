"""The members of a checkpoint file, and files with other ones."""

import json

import numpy as np


def members(path):
    with np.load(path) as file:
        return dict(file)


def header_of(path):
    return json.loads(members(path)["header"].tobytes())


def rewrite(path, *, header=None, **arrays):
    """The file with other members; an array of None is left out."""
    content = members(path) | arrays
    if isinstance(header, dict):
        header = json.dumps(header).encode()
    if header is not None:
        content["header"] = np.frombuffer(header, np.uint8)
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
