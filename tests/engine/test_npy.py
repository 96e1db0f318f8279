"""Headers of arrays are looked at before anything is made of them, and what is wrong is said in words."""

import io
import zipfile
import zlib

import numpy as np
import pytest

from engine.npy import NpyError, read_layout, why_damaged


def header(text, version=(1, 0)):
    return io.BytesIO(b"\x93NUMPY" + bytes(version) + len(text).to_bytes(2, "little") + text.encode())


def test_the_layout_of_an_array_is_what_numpy_wrote():
    file = io.BytesIO()
    np.save(file, np.asfortranarray(np.zeros((3, 4), ">i2")))
    file.seek(0)
    layout = read_layout(file, "x")
    assert (layout.shape, layout.by_columns, layout.dtype, layout.nbytes) == ((3, 4), True, np.dtype(">i2"), 24)
    assert len(file.read()) == 24


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "Python objects"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "expected numbers"),
        ("{'descr': '<U0', 'fortran_order': False, 'shape': (1,)}", "expected numbers"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "whole numbers"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}", "whole numbers"),
        ("__import__('os').abort()", "header is damaged"),
        ("(" * 5000, "header is damaged"),
        ("", "header is damaged"),
    ],
)
def test_what_holds_no_numbers_is_refused_by_its_header(text, said):
    with pytest.raises(NpyError, match=said):
        read_layout(header(text), "name\n")


def test_other_versions_are_refused():
    with pytest.raises(NpyError, match=r"version 3\.0"):
        read_layout(header("{}", (3, 0)), "x")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("There is no item named 'a.npy' in the archive"), "it has no part a.npy"),
        (zipfile.BadZipFile("File is not a zip file"), "File is not a zip file"),
        (zlib.error("Error -3 while decompressing data"), "what is packed in it is damaged"),
        (NotImplementedError("compression type 9"), "pack it again"),
        (RuntimeError("File 'a' is encrypted, password required for extraction"), "locked by a password"),
        (MemoryError(), "not enough memory"),
        (EOFError(), "do not fit together"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_what_zipfile_raises_is_said_in_words(error, said):
    assert said in why_damaged(error)
