"""What the events of a run say: as arrays, and as a sentence."""

from engine.history.reading import Best, History, LiveChange
from engine.history.sentence import sentence
from engine.history.tables import Table

__all__ = ["Best", "History", "LiveChange", "Table", "sentence"]
