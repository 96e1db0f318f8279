"""What the layers of the shown network give out for the shown image: worked out once, for all that show it."""

import numpy as np

from dashboard.drawing.reading import remembered
from dashboard.inside.desk import inside_desk
from dashboard.inside.subject import Subject
from engine.arrays import Array
from engine.explain.probe import Probe, as_pixels


def layer_outputs(subject: Subject) -> list[Array] | None:
    """For each layer its output (1, ...), in the written order; None without an image."""
    image = subject.image
    if image is None:
        return None

    def work_out() -> list[Array]:
        with np.errstate(all="ignore"):  # a network that has diverged
            return Probe(subject.model).layer_outputs(as_pixels(subject.model, image)[np.newaxis])

    asked = (subject.key, image.tobytes())
    return remembered(inside_desk().shown, "layer outputs", asked, work_out)


def probabilities(subject: Subject) -> Array:
    """What the network says of the image, (classes,); all alike without one."""
    if subject.image is None:
        return np.full(subject.model.classes, 1 / subject.model.classes, np.float32)
    found: Array = subject.model.predict(subject.image[np.newaxis])[0]
    return found
