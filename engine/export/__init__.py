"""A trained network for use elsewhere: a page, ONNX, arrays, and source for NumPy, PyTorch and Keras."""

from engine.export.forms import FORMS, Form, export, packed
from engine.export.plan import ExportError, file_stem

__all__ = ["FORMS", "ExportError", "Form", "export", "file_stem", "packed"]
