"""Why a network gave an answer: the pixels, the features, the examples, and what would have changed its mind.

All of it comes out of the layers' own forward and backward passes, so it works for every network that the engine
can build, with convolutions or without, at any input size.
"""

from engine.explain.attribution import METHODS, Saliency, saliency
from engine.explain.features import LayerMaps, feature_maps
from engine.explain.morphing import Morph, ink_basis, morph
from engine.explain.neighbours import Neighbour, TrainingFeatures

__all__ = [
    "METHODS",
    "LayerMaps",
    "Morph",
    "Neighbour",
    "Saliency",
    "TrainingFeatures",
    "feature_maps",
    "ink_basis",
    "morph",
    "saliency",
]
