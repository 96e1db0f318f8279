"""The space that a layer opens: images as points, where a network sees likeness.

A layer gives each image as many numbers as it has units: a point in a space of so many dimensions. What the last
hidden layer gives, from which the last weights read the answer, shows what the network takes for alike.

    PCA       the plane in which the points lie widest apart: the two directions of largest variance, from a singular
              value decomposition of the centred points. A straight shadow: distances in it are never longer than the
              true ones.  (Pearson 1901; Hotelling 1933)
    t-SNE     a picture that keeps neighbours together and says nothing of far distances and sizes of clusters; from a
              library, see the page.  (van der Maaten and Hinton 2008, "Visualizing data using t-SNE")

How much a picture hides is told by numbers: the share of the nearest neighbours that have the same class, in the
picture and in the layer itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.checkpoint import CHUNK, Model
from engine.explain.neighbours import last_weights
from engine.network import Pass

PIXELS = -1  # in place of a layer: the image itself, as the network gets it
MOST_BYTES = 64_000_000  # of one layer's numbers for all images
LARGEST = 1e12  # what a network that diverges gives out is cut off here: squares of it can be added up
NEIGHBOURS = 10

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Plane:
    """The plane of a PCA. Points (n, features) lie in it at (points - mean) @ directions.

    directions    (features, k), orthonormal, widest first
    shares        (k,) of the whole variance
    """

    mean: Array
    directions: Array
    shares: Array

    def project(self, points: Array) -> Array:
        """(n, k) float32."""
        return np.asarray((points - self.mean) @ self.directions, np.float32)


def last_hidden(model: Model) -> int:
    """The layer whose outputs the last weights read; PIXELS where these read the image."""
    return last_weights(model) - 1


def fitting(model: Model, layer: int, count: int) -> int:
    """How many of `count` images' numbers of a layer fit into MOST_BYTES."""
    width = int(np.prod(model.network.shapes[layer + 1]))
    return max(min(count, MOST_BYTES // (4 * width)), 3)


def activations(model: Model, images: Bytes, layer: int, tell: Callable[[float], None] | None = None) -> Array:
    """What a layer gives out for uint8 images (n, height, width): float32 (n, features), in evaluation.

    layer: its number, or PIXELS. tell: told the share that is done. Raises ValueError for a layer that there is not.
    """
    network = model.network
    if not PIXELS <= layer < len(network.layers):
        raise ValueError(f"layer must be from {PIXELS} (the image) to {len(network.layers) - 1}; got {layer}.")
    found = np.empty((len(images), int(np.prod(network.shapes[layer + 1]))), np.float32)
    through = Pass(network, None)
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        x: Array = model.checkpoint.scaling.apply(chunk, np.empty((*chunk.shape, 1), np.float32))
        with np.errstate(all="ignore"):  # a network that has diverged
            for number in range(layer + 1):
                x, _ = network.layers[number].forward(network.params[number], x, through.modes[number])
            found[start : start + CHUNK] = np.clip(np.nan_to_num(x.reshape(len(x), -1)), -LARGEST, LARGEST)
        if tell is not None:
            tell(min(start + CHUNK, len(images)) / len(images))
    return found


def principal_plane(points: Array, count: int = 2) -> Plane:
    """The `count` directions of largest variance of points (n, features); fewer dimensions than that give zeros.

    By the eigenvectors of the smaller of X^T X and X X^T, X the centred points: the squares of the singular values.
    """
    points = points.astype(np.float64)
    mean = points.mean(axis=0)
    centred = points - mean
    n, features = centred.shape
    gram = centred.T @ centred if features <= n else centred @ centred.T
    variances, vectors = np.linalg.eigh(gram)
    kept = min(count, len(variances))
    variances, vectors = variances[::-1][:kept], vectors[:, ::-1][:, :kept]
    whole = float(np.trace(gram))
    real = variances > 1e-12 * max(whole, 1e-300)
    if features > n:
        vectors = centred.T @ vectors / np.sqrt(np.where(real, variances, 1.0))
    directions, shares = np.zeros((features, count), np.float32), np.zeros(count, np.float32)
    directions[:, :kept] = np.where(real, vectors, 0.0) * _upright(vectors)
    shares[:kept] = np.where(real, variances / (whole or 1.0), 0.0)
    return Plane(mean.astype(np.float32), directions, shares)


def _upright(vectors: Array) -> Array:
    """A sign for each direction: its largest number is positive, so that the same points give the same picture."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[np.newaxis], axis=0)
    return np.where(largest < 0, -1.0, 1.0)


def turned(picture: Array, like: Array) -> Array:
    """A picture (n, 2) about its middle, turned and mirrored so that its points lie as near as may be to `like`.

    R = U V^T with U S V^T = picture^T like, the orthogonal R that makes |picture R - like| smallest
    (Schoenemann 1966, "A generalized solution of the orthogonal Procrustes problem"). Distances stay as they are.
    """
    centred = picture - picture.mean(axis=0)
    u, _, v = np.linalg.svd(centred.T.astype(np.float64) @ (like - like.mean(axis=0)).astype(np.float64))
    return np.asarray(centred @ (u @ v), np.float32)


def nearest(points: Array, count: int = NEIGHBOURS) -> Places:
    """For each point, the places of its `count` nearest others, (n, count), nearest first."""
    squares = np.einsum("nf,nf->n", points, points)
    distances = squares[:, np.newaxis] - 2 * (points @ points.T) + squares
    np.fill_diagonal(distances, np.inf)
    count = max(min(count, len(points) - 1), 0)
    near = np.argpartition(distances, max(count - 1, 0), axis=1)[:, :count]
    order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1)


@dataclass(frozen=True)
class Likeness:
    """How well neighbours agree.

    same      the share of the points whose neighbours are mostly of their own class: what a vote of the k nearest
              would get right (k-nearest-neighbour accuracy, each point left out of its own vote)
    mixed     the two classes that are most often among each other's neighbours, and ...
    share     ... which part of all neighbours of the two that is
    """

    same: float
    mixed: tuple[int, int] | None
    share: float


def likeness(neighbours: Places, labels: Bytes, classes: int) -> Likeness:
    """From the neighbours of each point, (n, k), and the labels (n,)."""
    if not neighbours.size:
        return Likeness(0.0, None, 0.0)
    votes = np.zeros((len(labels), classes), np.intp)
    rows = np.repeat(np.arange(len(labels)), neighbours.shape[1])
    np.add.at(votes, (rows, labels[neighbours].reshape(-1)), 1)
    same = float((votes.argmax(axis=1) == labels).mean())
    counts = np.zeros((classes, classes), np.intp)
    np.add.at(counts, labels, votes)
    across = np.triu(counts + counts.T, 1)
    a, b = (int(place) for place in np.unravel_index(int(across.argmax()), across.shape))
    if not across[a, b]:
        return Likeness(same, None, 0.0)
    return Likeness(same, (a, b), float(across[a, b] / (counts[a].sum() + counts[b].sum())))


def among(points: Array, picture: Array, new: Array, count: int = 5) -> Array:
    """Where new points (m, features) belong in a picture (n, 2) that has no formula: at the mean of their neighbours.

    Each neighbour counts by the inverse of its distance in the layer's space.
    """
    distances = np.empty((len(new), len(points)))
    for row, point in zip(distances, new, strict=True):  # one at a time: differences are as many as all features
        apart = points - point
        row[:] = np.sqrt(np.einsum("nf,nf->n", apart, apart, dtype=np.float64))
    near = np.argsort(distances, axis=1, kind="stable")[:, :count]
    weights = 1 / (np.take_along_axis(distances, near, axis=1) + 1e-9)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("mk,mkd->md", weights, picture[near]), np.float32)
