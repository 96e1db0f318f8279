"""A trained network for use elsewhere: a page, ONNX, arrays, and source for NumPy, PyTorch and Keras."""
