"""Pictures of a layer's space, worked out in the background. No streamlit.

PCA is the engine's own. t-SNE comes from scikit-learn, which is imported only when somebody asks for it: 2 seconds and
some 160 MB that a page without it does not pay.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.inside.held_back import HeldBack
from dashboard.running.jobs import Tell
from engine import Model
from engine.arrays import Array, Bytes
from engine.explain.space import (
    Likeness,
    Plane,
    activations,
    among,
    fitting,
    likeness,
    nearest,
    principal_plane,
)

IMAGES = {"pca": 1500, "tsne": 1000}
COMPONENTS = 50  # to which points are brought by PCA before t-SNE, as its authors did
MOST_NUMBERS = 2_000_000  # of all directions: a wide layer has fewer components
PERPLEXITY = 30.0  # about how many neighbours count, the usual choice
ITERATIONS = 250  # of each of the parts between which progress is told; fewer than the library allows there are not
PARTS = 3  # of a new picture, the first of them with the exaggeration that lets clusters find their places
SPREAD = 1e-4  # deviation of the points from which a new t-SNE starts
MISSING = "t-SNE needs scikit-learn, which is not installed here: pip install scikit-learn. PCA works without it."


@dataclass(frozen=True, eq=False)
class Layout:
    """A picture of a layer's space.

    picture     (n, 2); of PCA along the axes
    points      (n, k) the layer's numbers, brought to the widest k directions by `plane`
    in_layer    how neighbours agree in the layer itself; in_picture: in the picture
    answers     (n,) what the network reads; sure: (n,) its probability
    """

    method: str
    layer: int
    picture: Array
    points: Array
    plane: Plane
    in_layer: Likeness
    in_picture: Likeness
    answers: Bytes
    sure: Array
    count: int

    @property
    def digest(self) -> str:
        """Tells the picture from others."""
        return hashlib.sha1(self.picture.tobytes(), usedforsecurity=False).hexdigest()

    def place(self, model: Model, images: Bytes) -> Array:
        """Where other images belong in the picture, (m, 2): projected, or among their nearest neighbours."""
        new = self.plane.project(activations(model, images, self.layer))
        return new[:, :2] if self.method == "pca" else among(self.points, self.picture, new)


def lay_out(model: Model, held: HeldBack, layer: int, method: str, start: Array | None, tell: Tell) -> Layout:
    """The picture of the first images held back. start: the picture from which a t-SNE goes on; None: a new one.

    Raises ValueError where it cannot be made.
    """
    count = fitting(model, layer, min(IMAGES[method], len(held.images)))
    images, labels = held.images[:count], held.labels[:count]
    numbers = activations(model, images, layer, lambda share: tell(0.2 * share))
    shares = model.predict(images)
    tell(0.3)
    most = min(COMPONENTS, max(2, MOST_NUMBERS // numbers.shape[1]))
    plane = principal_plane(numbers, most if method == "tsne" else 2)
    points = plane.project(numbers)
    tell(0.4)
    if method == "tsne":
        picture = tsne(points, start, lambda share: tell(0.4 + 0.5 * share))
    else:
        picture = points[:, :2]
    return Layout(
        method,
        layer,
        picture,
        points if method == "tsne" else points[:, :2],
        plane,
        likeness(nearest(numbers), labels, model.classes),
        likeness(nearest(picture), labels, model.classes),
        shares.argmax(axis=1).astype(np.uint8),
        shares.max(axis=1),
        count,
    )


def tsne(points: Array, start: Array | None, tell: Callable[[float], None]) -> Array:
    """A t-SNE of points (n, k), which lie widest along their first axes; the same points give the same picture.

    (van der Maaten and Hinton 2008; by the Barnes-Hut approximation, van der Maaten 2014). It starts from the first two
    axes (Kobak and Berens 2019), or from another picture of the same points, so that it moves no more than it must.
    """
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise ValueError(MISSING) from None
    if len(points) < 4 or not float(points.std(axis=0).max()) > 0:
        raise ValueError("t-SNE needs at least 4 images that the layer tells apart; this layer says the same of all.")
    settings = {"perplexity": min(PERPLEXITY, (len(points) - 1) / 3), "random_state": 0, "n_jobs": 1}
    picture = start
    with threadpool_limits(1):  # the other cores are for training
        if picture is None:
            first = points[:, :2] * (SPREAD / float(points[:, 0].std()))
            picture = TSNE(init=first, max_iter=ITERATIONS, **settings).fit_transform(points)
            tell(1 / PARTS)
        for part in range(1 if start is None else PARTS - 1, PARTS):
            further = TSNE(init=picture, early_exaggeration=1.0, max_iter=ITERATIONS, **settings)
            picture = further.fit_transform(points)
            tell((part + 1) / PARTS)
    return np.asarray(picture, np.float32)
