"""Distributions of every layer's weights, answers and gradients, at moments all over a run. No streamlit."""

import functools
from collections.abc import Sequence
from pathlib import Path

from dashboard.inside.held_back import HeldBack
from dashboard.inside.subject import Key
from dashboard.running.jobs import Tell, stamp
from engine.checkpoint import CheckpointError, load_checkpoint
from engine.explain.distributions import Moment
from engine.explain.distributions import moment as find_moment
from engine.snapshots import Snapshot

MOST = 48  # moments of a run; more than there are columns that a person tells apart
KEPT = 600  # moments that are remembered, some 20 kB each for a network of four layers


def spread(found: Sequence[Snapshot], most: int = MOST) -> list[Path]:
    """Snapshots all over the run, the newest among them; the same ones again when a few more have come."""
    stride = 1
    while -(-len(found) // stride) > most:
        stride *= 2
    chosen = [each.path for each in found[::stride]]
    return chosen if not found or chosen[-1] == found[-1].path else [*chosen, found[-1].path]


def stamped(paths: Sequence[Path]) -> tuple[Key, ...]:
    """Those of the files that are still there, by name, time and inode."""
    found = []
    for path in paths:
        try:
            found.append(stamp(path))
        except OSError:  # it made room for another
            continue
    return tuple(found)


def collect(keys: Sequence[Key], held: HeldBack, tell: Tell) -> list[Moment]:
    """The moments in the order of steps; those found so far are told, first some far apart, then those between."""
    found: dict[int, Moment] = {}  # by step
    for done, place in enumerate(from_far_apart(len(keys))):
        tell(done / len(keys), [found[each] for each in sorted(found)] if found else None)
        try:
            moment = _moment(keys[place], held)
        except (OSError, CheckpointError):  # it made room for another
            continue
        found[moment.step] = moment
    return [found[each] for each in sorted(found)]


def from_far_apart(count: int) -> list[int]:
    """0 to count - 1: both ends first, then the middle, the quarters, and so on."""
    order: dict[int, None] = {}
    if count:
        order[count - 1] = order[0] = None
    parts = 2
    while len(order) < count:
        for part in range(1, parts, 2):
            order[round(part * (count - 1) / parts)] = None
        parts *= 2
    return list(order)


@functools.lru_cache(maxsize=KEPT)
def _moment(key: Key, held: HeldBack) -> Moment:
    return find_moment(load_checkpoint(key[0]), held.images, held.labels)
