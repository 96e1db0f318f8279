"""Convolution as one matrix product over windows of neighbouring outputs: what makes conv.py fast.

The textbook way (im2col) copies the window of every output into a row of a matrix and multiplies it by the weight
as a (kernel^2 c, o) matrix. With few channels that is slow twice: the copies are tiny, and the product is too narrow
for BLAS. Here one row holds what a GROUP of b outputs side by side need, and the weight is repeated b times along
the diagonal of a banded matrix. With kernel 3, stride 1 and b = 4, for one row of the kernel:

      input     x0 x1 x2 x3 x4 x5          the window of the group: span = (b - 1) stride + kernel pixels
                [------]                   output 0
                   [------]                output 1
                      [------]             output 2
                         [------]          output 3

                                  band, one row of the kernel
                                       out0 out1 out2 out3
                                  x0 [  w0   .    .    .  ]
                                  x1 [  w1   w0   .    .  ]
      [x0 x1 x2 x3 x4 x5]    @    x2 [  w2   w1   w0   .  ]   =   [out0 out1 out2 out3]
                                  x3 [  .    w2   w1   w0 ]
                                  x4 [  .    .    w2   w1 ]
                                  x5 [  .    .    .    w2 ]

The dots are zeros: b times longer copies and a b times wider product for (b + kernel - 1) / kernel times the
multiplications. b = 1 is im2col, and the best choice where there are many channels. A last column of ones, and a
last row of the band with the bias under each output, make the product add the bias as well, and its gradient.

Four things make NumPy quick here. All memory is allocated once. A window's row of span c numbers is copied as ONE
opaque element (a void type of that many bytes): NumPy then pays a few nanoseconds for a row, not a loop's start. A
few images at a time go through copy and product, so that the columns stay in the cache. And OpenBLAS multiplies
small matrices up to twice as fast as a tall one, so the tall one goes to it as a stack of pieces.
"""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from engine.arrays import Array, Shape

SMALL_PRODUCT = 1_000_000  # rows * columns * outputs up to which OpenBLAS uses its kernels for small matrices
CACHED_BYTES = 1 << 19  # of columns and outputs at a time: a part of a core's second-level cache
KEPT_BYTES = 1 << 20  # of columns up to which they are kept for the way back; else they are made again
FEWEST_ROWS = 32  # pieces shorter than this cost more than they give
WIDEST_PRODUCT = 32  # columns of the product that grouping aims at
LARGEST_GROUP = 8


def group_size(width: int, channels: int, outputs: int, kernel: int) -> int:
    """How many neighbouring outputs share a row: a divisor of the width.

    As many as keep the product within WIDEST_PRODUCT columns; two at least while a window's row is a few numbers.
    """
    most = max(WIDEST_PRODUCT // outputs, 2 if channels * kernel < 16 else 1)
    return max(b for b in range(1, min(most, LARGEST_GROUP, width) + 1) if width % b == 0)


def piece_rows(rows: int, columns: int, outputs: int) -> int:
    """Rows of each piece of a tall matrix: the largest divisor that makes a small product, or all of them."""
    most = SMALL_PRODUCT // (columns * outputs)
    return max((m for m in range(FEWEST_ROWS, min(most, rows) + 1) if rows % m == 0), default=rows)


class BandedProduct:
    """Convolution of images that are padded already, with memory for one shape of batch.

    x_shape (n, height, width, c), weight_shape (kernel, kernel, c, o), out_size (rows, cols) of the output.
    """

    def __init__(
        self, x_shape: Shape, weight_shape: Shape, stride: int, out_size: tuple[int, int], dtype: npt.DTypeLike
    ) -> None:
        images, height, width, channels = x_shape
        kernel, outputs = weight_shape[0], weight_shape[3]
        rows, cols = out_size
        self._dtype = np.dtype(dtype)
        self._weight_shape, self._stride = weight_shape, stride
        self._group = group_size(cols, channels, outputs, kernel)
        self._span = (self._group - 1) * stride + kernel
        self._length = kernel * self._span * channels + 1  # rows of the band, the bias's being the last
        self._breadth = self._group * outputs  # columns of the band
        pixel = channels * self._dtype.itemsize
        line = width * pixel
        self._window = np.dtype((np.void, self._span * pixel))
        self._windows_shape = (images, rows, cols // self._group, kernel)
        self._windows_strides = (height * line, stride * line, self._group * stride * pixel, line)
        self._band = np.zeros((self._length, self._breadth), self._dtype)
        self._weights, self._biases = self._along_diagonal(self._band), self._band[-1].reshape(-1, outputs)
        self.y: Array = np.empty((images, rows, cols, outputs), self._dtype)
        self._parts = self._divide(images, rows * cols // self._group)
        self._d_band: Array | None = None

    def _divide(self, images: int, per_image: int) -> list[tuple[slice, Array, npt.NDArray[np.void], Shape]]:
        """Groups of images that are in the cache at once: (which, columns, the same as windows, product's shape)."""
        fit = max(1, CACHED_BYTES // (per_image * (self._length + self._breadth) * self._dtype.itemsize))
        at_once = -(-images // -(-images // fit))  # groups of nearly equal size
        self._kept = images * per_image * self._length * self._dtype.itemsize <= KEPT_BYTES
        memory = np.ones(((images if self._kept else at_once) * per_image, self._length), self._dtype)
        parts: list[tuple[slice, Array, npt.NDArray[np.void], Shape]] = []
        for first in range(0, images, at_once):
            which = slice(first, min(first + at_once, images))
            count = (which.stop - first) * per_image
            piece = piece_rows(count, self._length, self._breadth)
            start = first * per_image if self._kept else 0
            columns = memory[start : start + count]
            windows = self._as_windows(columns)
            pieces = (count // piece, piece, self._breadth)
            parts.append((which, columns.reshape(-1, piece, self._length), windows, pieces))
        return parts

    def _as_windows(self, columns: Array) -> npt.NDArray[np.void]:
        """View of the columns, without their ones, as (n, rows, groups, kernel) windows."""
        _, rows, groups, kernel = self._windows_shape
        line, window = self._length * self._dtype.itemsize, self._window.itemsize
        shape = (len(columns) // (rows * groups), rows, groups, kernel)
        return np.ndarray(
            shape, self._window, columns.data, strides=(rows * groups * line, groups * line, line, window)
        )

    def _along_diagonal(self, band: Array) -> Array:
        """View (group, kernel, kernel, c, o) of the copies of the weight inside a band."""
        kernel, _, channels, outputs = self._weight_shape
        whole = band[:-1].reshape(kernel, self._span, channels, self._group, outputs)
        s_row, s_pixel, s_channel, s_group, s_output = whole.strides
        return as_strided(
            band,
            (self._group, *self._weight_shape),
            (self._stride * s_pixel + s_group, s_row, s_pixel, s_channel, s_output),
        )

    def _windows(self, x: Array) -> npt.NDArray[np.void]:
        """View of x as (n, rows, groups, kernel) windows, each row of a window one element."""
        return np.ndarray(self._windows_shape, self._window, x.data, strides=self._windows_strides)

    def forward(self, x: Array, weight: Array, bias: Array | None = None) -> Array:
        """y = columns @ band, in this object's own memory."""
        np.copyto(self._weights, weight)
        if bias is not None:
            np.copyto(self._biases, bias)
        windows = self._windows(x)
        for which, columns, rows, pieces in self._parts:
            np.copyto(rows, windows[which])
            np.matmul(columns, self._band, out=self.y[which].reshape(pieces))
        return self.y

    def gradient(self, x: Array, dy: Array, d_weight: Array, d_bias: Array | None = None) -> None:
        """Write columns^T @ dy, summed along the diagonals of the band. x as in the last `forward`."""
        if self._d_band is None:
            self._d_band = np.empty_like(self._band)
            self._d_weights = self._along_diagonal(self._d_band)
            most = max(len(columns) for _, columns, _, _ in self._parts)
            self._d_pieces = np.empty((most, *self._band.shape), self._dtype)
            self._d_part = np.empty_like(self._band)
        self._d_band.fill(0)
        windows = self._windows(x)
        for which, columns, rows, pieces in self._parts:
            if not self._kept:
                np.copyto(rows, windows[which])
            d_pieces = self._d_pieces[: len(columns)]
            np.matmul(columns.transpose(0, 2, 1), dy[which].reshape(pieces), out=d_pieces)
            self._d_band += np.add.reduce(d_pieces, axis=0, out=self._d_part)
        np.add.reduce(self._d_weights, axis=0, out=d_weight)
        if d_bias is not None:
            np.add.reduce(self._d_band[-1].reshape(self._group, -1), axis=0, out=d_bias)
