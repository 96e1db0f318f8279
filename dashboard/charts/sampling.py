"""Long columns of numbers made short enough to draw, at a cost that does not grow with what is drawn."""

import math

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

MOST_POINTS = 500  # of one line; more than there are pixels for tell nothing


def bucket_width(length: int, most_buckets: int) -> int:
    """Rows in a bucket: a power of two, so that buckets stay where they are while rows are added at the end."""
    return 1 << max(math.ceil(math.log2(length / most_buckets)), 0) if length > most_buckets else 1


def extremes(values: Column) -> npt.NDArray[np.intp]:
    """Positions of the smallest and the largest value of each bucket, in order; all where there are few.

    No spike is lost, however short. A bucket without any number keeps its first position, as a gap.
    """
    width = bucket_width(len(values), MOST_POINTS // 2)
    if width == 1:
        return np.arange(len(values))
    whole = len(values) // width * width
    rows = values[:whole].reshape(-1, width)
    starts = np.arange(0, whole, width)
    gaps = bool(np.isnan(values.sum()))
    lowest = np.argmin(np.where(np.isnan(rows), np.inf, rows) if gaps else rows, axis=1) + starts
    highest = np.argmax(np.where(np.isnan(rows), -np.inf, rows) if gaps else rows, axis=1) + starts
    pairs = np.sort(np.stack([lowest, highest], axis=1), axis=1).ravel()
    rest = values[whole:]
    if len(rest):  # the bucket that is being filled; its last value is the newest one and is always shown
        finite = np.flatnonzero(~np.isnan(rest))
        ends = [finite[np.argmin(rest[finite])], finite[np.argmax(rest[finite])]] if len(finite) else []
        pairs = np.concatenate([pairs, np.sort([*ends, len(rest) - 1]).astype(np.intp) + whole])
    return pairs[np.r_[True, np.diff(pairs) > 0]]


def smoothed(positions: Column, values: Column, smoothing: float) -> tuple[Column, Column]:
    """A smooth line through the values: (positions, values), at most MOST_POINTS / 2 points.

    Means of buckets, weighted by a bell that looks forward as much as back, so that the line does not lag behind:
    a lag would lift the training loss above the validation loss while both fall. The bell's standard deviation is
    5 % of all rows times smoothing^3. Values that are NaN count for nothing.
    """
    length = len(values)
    if not length:
        return positions, values
    width = bucket_width(length, MOST_POINTS // 2)
    starts = np.arange(0, length, width)
    known = np.isfinite(values)
    counts = np.add.reduceat(known.astype(np.float64), starts)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts)
    middles = np.minimum(starts + width // 2, length - 1)
    deviation = 0.05 * length * smoothing**3 / width
    reach = min(math.ceil(3 * deviation), len(starts) - 1)
    if reach:
        bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(deviation, 1e-9)) ** 2)
        # "full" and then cut, because "same" gives the length of the bell where that is the longer one
        sums, counts = (np.convolve(x, bell)[reach : reach + len(starts)] for x in (sums, counts))
    means = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 1e-12)
    return positions[middles], means
