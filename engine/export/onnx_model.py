"""The network as an ONNX model: uint8 images in, probabilities out, for ONNX Runtime, phones, C++ and the like.

It needs the package `onnx`, which Inkling does without otherwise. Images are NCHW there and NHWC here: kernels are
turned once, when the file is written, and images where a Flatten reads their pixels one after the other.
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from engine.checkpoint import Model
from engine.export.plan import ExportError, Stage, one_line, pixel_line, stages
from engine.layers.activation import GELU_CUBIC, GELU_SCALE
from engine.losses import MeanSquaredError

if TYPE_CHECKING:
    import onnx

OPSET = 17  # of 2022: every runtime in use knows it
HOW_TO_GET_ONNX = "to write ONNX, the package onnx is needed, which is not installed. Get it with: pip install onnx"
IR_VERSION = 8  # the file format that came with it


def onnx_bytes(model: Model, name: str) -> bytes:
    """The model as a file. Input "images" uint8 (n, height, width), output "probabilities" float32 (n, classes).

    Raises ExportError where the package `onnx` is missing.
    """
    return bytes(onnx_model(model, name).SerializeToString())


def onnx_model(model: Model, name: str) -> "onnx.ModelProto":
    """As `onnx_bytes`, as an object of the package `onnx`, checked by it."""
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError:
        raise ExportError(HOW_TO_GET_ONNX) from None
    height, width, _ = model.checkpoint.image_shape
    graph = _Graph()
    graph.scale_pixels(model)
    for stage in stages(model):
        graph.add_layer(stage)
    graph.shares(model)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", height, width])],
            [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", model.classes])],
            graph.constants,
            doc_string=one_line(name),
        ),
        producer_name="Inkling",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        doc_string="images: uint8 (n, height, width), 0 the background. probabilities: float32 (n, classes).",
    )
    layers = [layer.to_json() for layer in model.config.layers]
    helper.set_model_props(made, {"layers": json.dumps(layers), "loss": type(model.config.loss).__name__})
    onnx.checker.check_model(made, full_check=True)
    return made


class _Graph:
    """Nodes one after the other; `last` is the name of the newest result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.last = "images"

    def put(self, operation: str, *more: str, first: str | None = None, **attributes: Any) -> str:
        """A node that reads the newest result (or `first`) and `more`; its result is the newest."""
        from onnx import helper

        result = f"{len(self.nodes)}_{operation}"
        inputs = [self.last if first is None else first, *more]
        self.nodes.append(helper.make_node(operation, inputs, [result], **attributes))
        self.last = result
        return result

    def constant(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32, name: str = "") -> str:
        """An array of the file, by its name."""
        from onnx import numpy_helper

        name = name or f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def scale_pixels(self, model: Model) -> None:
        """uint8 (n, height, width) -> float32 (n, 1, height, width)."""
        from onnx import TensorProto

        factor, constant = pixel_line(model)
        self.put("Cast", to=TensorProto.FLOAT)
        self.put("Mul", self.constant(factor))
        self.put("Add", self.constant(constant))
        self.put("Unsqueeze", self.constant([1], np.int64))

    def add_layer(self, stage: Stage) -> None:
        """The nodes of one layer."""
        getattr(self, f"_{stage.kind.lower()}")(stage)

    def _weight(self, stage: Stage, key: str, value: npt.ArrayLike) -> str:
        return self.constant(value, name=f"{stage.name}.{key}")

    def _conv(self, stage: Stage) -> None:
        layer: Any = stage.layer
        arrays = [self._weight(stage, "weight", stage.arrays["weight"].transpose(3, 2, 0, 1))]  # HWIO -> OIHW
        if layer.bias:
            arrays.append(self._weight(stage, "bias", stage.arrays["bias"]))
        before, after = stage.pads
        pads, sides = [before, before, after, after], [layer.kernel] * 2
        self.put("Conv", *arrays, kernel_shape=sides, strides=[layer.stride] * 2, pads=pads)

    def _dense(self, stage: Stage) -> None:
        layer: Any = stage.layer
        weight = stage.arrays["weight"]
        if layer.bias == "unit":  # the further output: no weights, and a bias of 1
            weight = np.pad(weight, ((0, 0), (0, 1)))
            bias = np.append(np.zeros(layer.units), 1)
        else:
            bias = stage.arrays.get("bias", np.zeros(layer.units))
        self.put("Gemm", self._weight(stage, "weight", weight), self._weight(stage, "bias", bias))

    def _maxpool(self, stage: Stage) -> None:
        self._pool("MaxPool", stage)

    def _avgpool(self, stage: Stage) -> None:
        self._pool("AveragePool", stage)

    def _pool(self, operation: str, stage: Stage) -> None:
        layer: Any = stage.layer
        self.put(operation, kernel_shape=[layer.size] * 2, strides=[layer.stride or layer.size] * 2)

    def _batchnorm(self, stage: Stage) -> None:
        layer: Any = stage.layer
        arrays = [self._weight(stage, key, stage.arrays[key]) for key in ("scale", "shift", "mean", "var")]
        self.put("BatchNormalization", *arrays, epsilon=layer.epsilon)

    def _dropout(self, stage: Stage) -> None:
        layer: Any = stage.layer
        if layer.scale == "test":
            self.put("Mul", self.constant(1 - layer.drop))

    def _flatten(self, stage: Stage) -> None:
        if stage.mixes_channels:
            self.put("Transpose", perm=[0, 2, 3, 1])  # our pixels hold their channels side by side
        if stage.is_image:
            self.put("Flatten", axis=1)

    def _relu(self, stage: Stage) -> None:
        self.put("Relu")

    def _leakyrelu(self, stage: Stage) -> None:
        layer: Any = stage.layer
        self.put("LeakyRelu", alpha=layer.slope)

    def _sigmoid(self, stage: Stage) -> None:
        self.put("Sigmoid")

    def _tanh(self, stage: Stage) -> None:
        self.put("Tanh")

    def _gelu(self, stage: Stage) -> None:
        """x (1 + tanh(s (x + c x^3))) / 2: ONNX has this form as an operation only since opset 20."""
        x = self.last
        self.put("Mul", x)
        self.put("Mul", x)
        self.put("Mul", self.constant(GELU_CUBIC))
        self.put("Add", x)
        self.put("Mul", self.constant(GELU_SCALE))
        self.put("Tanh")
        self.put("Add", self.constant(1))
        self.put("Mul", x)
        self.put("Mul", self.constant(0.5))

    def _identity(self, stage: Stage) -> None:
        pass

    def _softmax(self, stage: Stage) -> None:
        self.put("Softmax", axis=1)  # the channels of an image, the features of flat data

    def shares(self, model: Model) -> None:
        """Outputs -> rows that add up to 1; equal shares where there is nothing to say, as Model.predict has them."""
        equal = self.constant(1 / model.classes)
        axis = self.constant([1], np.int64)
        if isinstance(model.config.loss, MeanSquaredError):
            positive = self.put("Relu")
            total = self.put("ReduceSum", axis, keepdims=1)
            some = self.put("Greater", self.constant(0))
            shares = self.put("Div", total, first=positive)
            self.put("Where", shares, equal, first=some)
        else:
            self.put("Softmax", axis=1)
        shares = self.last
        self.put("ReduceSum", axis, keepdims=1)
        broken = self.put("IsNaN")  # a network that diverged overflows
        self.put("Where", equal, shares, first=broken)
        self.put("Identity")
        self.nodes[-1].output[0] = "probabilities"
