"""The engine's layers and losses in PyTorch's words, for the tests that compare the two.

Tolerances. In float64 both sides carry 16 digits, so 1e-9 of the largest number leaves no room for another
formula. In float32 (epsilon 6e-8) a sum of some hundred products, in another order, through five layers, is off by
some 1e-6 of the largest number; 2e-5 is allowed.

PyTorch has images as NCHW and kernels as OIHW, where we have NHWC and HWIO. Importing this skips the tests that do
where there is no PyTorch.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI compares with it", exc_type=ImportError)

from torch.nn import functional as F  # noqa: E402, N812  # the name that everybody uses

from engine.layers import (  # noqa: E402
    GELU,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Identity,
    LeakyReLU,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.layers.window import same_padding  # noqa: E402
from engine.losses import CrossEntropy  # noqa: E402

torch.set_num_threads(1)  # its threads and ours would wait for each other on two cores
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-9}


def close(ours, theirs, tolerance, name=""):
    """Differences are small beside the largest number of the array."""
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.shape == theirs.shape, name
    scale = max(1.0, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale, err_msg=name)


def images(x):
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def ours_again(x):
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else x


def conv(layer, p, x, training):
    before, after = same_padding(layer.kernel) if layer.padding == "same" else (0, 0)
    padded = F.pad(images(x), (before, after, before, after))
    return ours_again(F.conv2d(padded, p["weight"].permute(3, 2, 0, 1), p.get("bias"), stride=layer.stride))


def dense(layer, p, x, training):
    y = x @ p["weight"]
    if layer.bias == "unit":
        return torch.cat([y, torch.ones_like(y[:, :1])], dim=1)
    return y + p["bias"] if layer.bias == "separate" else y


def norm(layer, p, x, training):
    y = F.batch_norm(images(x), p["mean"], p["var"], p["scale"], p["shift"], training, layer.momentum, layer.epsilon)
    return ours_again(y)


def pool(function):
    return lambda layer, p, x, t: ours_again(function(images(x), layer.size, layer.stride or layer.size))


THEIRS = {
    Conv: conv,
    Dense: dense,
    BatchNorm: norm,
    MaxPool: pool(F.max_pool2d),
    AvgPool: pool(F.avg_pool2d),
    Dropout: lambda layer, p, x, t: x if not t else F.dropout(x, layer.drop),
    Flatten: lambda layer, p, x, t: x.reshape(len(x), -1),
    ReLU: lambda layer, p, x, t: F.relu(x),
    LeakyReLU: lambda layer, p, x, t: F.leaky_relu(x, layer.slope),
    Sigmoid: lambda layer, p, x, t: torch.sigmoid(x),
    Tanh: lambda layer, p, x, t: torch.tanh(x),
    GELU: lambda layer, p, x, t: F.gelu(x, approximate="tanh"),
    Identity: lambda layer, p, x, t: x,
    Softmax: lambda layer, p, x, t: F.softmax(x, dim=-1),
}


def their_loss(loss, outputs, labels):
    if isinstance(loss, CrossEntropy):
        return F.cross_entropy(outputs, labels, label_smoothing=loss.label_smoothing)
    classes = outputs.shape[1]
    targets = F.one_hot(labels, classes).to(outputs.dtype) * (1 - loss.label_smoothing) + loss.label_smoothing / classes
    return F.mse_loss(outputs, targets)
