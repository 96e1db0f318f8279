"""The smallest change that turns a digit into another one, as far as a search finds it, and in ink.

Any network can be fooled by noise that nobody sees (Szegedy et al. 2014), which explains little. So the search may
only move in directions in which handwriting itself varies, and only to results that look like ink:

    x(a) = (1 + tanh(w0 + strength * a B)) / 2        pixels from 0 to 1, mostly near one of the two
    minimize over a   |x(a) - x(0)|^2 * weight + mean over shifts s of max(0, margin - lead(shift_s x(a)))

w0 holds the drawing; the tanh keeps pixels in range and pushes them to paper or ink (Carlini and Wagner 2017, section
V); the rows of B are the directions in which the training digits vary most (their principal components); lead is the
other digit's output minus the largest of the rest. The change has to hold when the image is moved by a pixel (after
Athalye et al. 2018), which rules out what only works on one grid of pixels. Adam makes the steps (Kingma, Ba 2015).

It is a search: a smaller change may exist, and a network may see the other digit where a person does not.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.probe import Probe, as_pixels
from engine.layers import Softmax
from engine.losses import CrossEntropy

STEPS = 70
ENOUGH = 15  # steps without a smaller change for any digit, once there is one for each
RATE = 0.12  # of Adam, in deviations of the components
STRENGTH = 4.0
WEIGHT = 0.1  # of the change's square against the lead
MARGIN, SMALL_MARGIN = 2.0, 0.25  # lead that the other digit is to have: of logits, and of outputs from 0 to 1
SOFTEST = 2.5  # |w0| at most: further out the tanh is flat, and no ink could begin or end there
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
RIVALS = 3  # the likeliest other digits are tried when none is asked for
COMPONENTS = 50
MOST_PIXELS = 1024  # of an image whose components are found from their covariance
FRAMES = 13


@dataclass(frozen=True)
class Morph:
    """The way from an image to one that the network reads as another digit."""

    digit: int  # what it is read as at first
    target: int  # what the search was for
    reached: bool  # the last frame is read as the target
    frames: Bytes  # (frames, height, width), the first the image itself
    probabilities: Array  # (frames, classes)
    added: float  # pixels' worth of ink that the last frame has more ...
    erased: float  # ... and less


def ink_basis(images: Bytes, count: int = COMPONENTS) -> Array:
    """The principal components of images (n, height, width): (count, pixels), as long as their deviations.

    Large images are taken as they come in smooth waves instead (a cosine basis), for want of memory.
    """
    height, width = images.shape[1:]
    if len(images) < 2 or height * width > MOST_PIXELS:
        return _waves(height, width, count)
    flat = images.reshape(len(images), -1).astype(np.float32) / 255
    flat -= flat.mean(axis=0)
    variances, directions = np.linalg.eigh(flat.T @ flat / np.float32(len(flat)))
    kept = slice(None, -count - 1, -1)
    deviations = np.sqrt(np.maximum(variances[kept], 0))
    return np.ascontiguousarray((directions[:, kept] * deviations).T, np.float32)


def _waves(height: int, width: int, count: int) -> Array:
    """Products of the slowest cosines along both axes, (count, pixels)."""
    side = int(np.ceil(np.sqrt(count)))

    def cosines(extent: int) -> Array:
        places = (np.arange(extent, dtype=np.float32) + 0.5) / extent
        return np.cos(np.pi * np.arange(side, dtype=np.float32)[:, None] * places)

    waves = np.einsum("ah,bw->abhw", cosines(height), cosines(width)).reshape(side * side, -1)
    return np.ascontiguousarray(waves[:count] * (0.5 / side), np.float32)


def morph(model: Model, image: Bytes, basis: Array, target: int | None = None) -> Morph:
    """The change for one prepared image, uint8 (height, width). target None: whichever digit is nearest.

    basis: from `ink_basis` of the training images, or rows (k, pixels) of one's own.
    """
    pixels, probe = as_pixels(model, image), Probe(model)
    probabilities = model.predict(image[np.newaxis])[0]
    order = [int(place) for place in np.argsort(-probabilities)]
    targets = order[1 : RIVALS + 1] if target is None or target == order[0] else [target]
    with np.errstate(all="ignore"):
        ways = _search(probe, pixels, basis, targets, _margin(model))
        found = [_frames(model, image, way, order[0], goal) for goal, way in ways]
    return min(found, key=lambda each: (not each.reached, each.added + each.erased))


def _margin(model: Model) -> float:
    logits = isinstance(model.config.loss, CrossEntropy) and not isinstance(model.network.layers[-1], Softmax)
    return MARGIN if logits else SMALL_MARGIN


def _search(
    probe: Probe, pixels: Array, basis: Array, targets: list[int], margin: float
) -> list[tuple[int, tuple[Array, Array]]]:
    """For each target (w0, the change of it that was the smallest to reach it, or else the last)."""
    start = np.clip(np.arctanh(np.clip(2 * pixels - 1, -0.999, 0.999)), -SOFTEST, SOFTEST)
    first = (1 + np.tanh(start)) / 2
    count, goals = len(targets), np.tile(targets, len(SHIFTS))
    amounts = np.zeros((count, len(basis)), np.float32)
    mean, square = np.zeros_like(amounts), np.zeros_like(amounts)
    best, kept = np.full(count, np.inf), amounts.copy()
    improved = 0
    for step in range(1, STEPS + 1):
        bent = np.tanh(start + STRENGTH * (amounts @ basis).reshape(count, *pixels.shape))
        x = (1 + bent) / 2
        leads, dx = _lead_and_gradient(probe, x, goals, margin)
        sizes = np.sum((x - first) ** 2, axis=(1, 2))
        better = (leads >= margin) & (sizes < best)
        best[better], kept[better] = sizes[better], amounts[better]
        improved = step if better.any() else improved
        if np.isfinite(best).all() and step - improved > ENOUGH:
            break
        dx += 2 * WEIGHT * (margin / MARGIN) * (x - first)
        gradient = (dx * (1 - bent * bent) * (STRENGTH / 2)).reshape(count, -1) @ basis.T
        mean += 0.1 * (gradient - mean)
        square += 0.01 * (gradient * gradient - square)
        amounts = amounts - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
        if not np.isfinite(amounts).all():
            break
    kept[np.isinf(best)] = np.nan_to_num(amounts)[np.isinf(best)]
    ways = STRENGTH * (kept @ basis).reshape(count, *pixels.shape)
    return [(goal, (start, way)) for goal, way in zip(targets, ways, strict=True)]


def _lead_and_gradient(probe: Probe, x: Array, goals: Array, margin: float) -> tuple[Array, Array]:
    """The smallest lead over all shifts (n,), and the gradient (n, height, width) of what is to become small."""
    moved = np.concatenate([np.roll(x, shift, (1, 2)) for shift in SHIFTS])
    outputs = probe.outputs(moved)
    rows = np.arange(len(moved))
    others = outputs.copy()
    others[rows, goals] = -np.inf
    rivals = others.argmax(axis=1)
    leads = outputs[rows, goals] - others[rows, rivals]
    short = (leads < margin).astype(np.float32) / len(SHIFTS)
    d_outputs = np.zeros_like(outputs)
    d_outputs[rows, rivals] += short
    d_outputs[rows, goals] -= short
    by_shift = probe.gradient(d_outputs).reshape(len(SHIFTS), *x.shape)
    back = [np.roll(each, (-down, -right), (1, 2)) for each, (down, right) in zip(by_shift, SHIFTS, strict=True)]
    return leads.reshape(len(SHIFTS), -1).min(axis=0), np.sum(back, axis=0)


def _frames(model: Model, image: Bytes, way: tuple[Array, Array], digit: int, target: int) -> Morph:
    """Equal steps along the way, in which pixels that do not change keep the drawing's own shade."""
    start, change = way
    shares = np.linspace(0, 1, FRAMES, dtype=np.float32).reshape(-1, 1, 1)
    first = (1 + np.tanh(start)) / 2
    moved = (1 + np.tanh(start + shares * change)) / 2 - first
    frames = np.rint(np.clip(image / np.float32(255) + moved, 0, 1) * 255).astype(np.uint8)
    probabilities = model.predict(frames)
    difference = frames[-1].astype(np.float32) / 255 - image.astype(np.float32) / 255
    return Morph(
        digit,
        target,
        bool(probabilities[-1].argmax() == target),
        frames,
        probabilities,
        float(np.maximum(difference, 0).sum()),
        float(np.maximum(-difference, 0).sum()),
    )
