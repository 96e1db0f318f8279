"""What the events of a run say: as arrays, and as a sentence."""

from engine.history.marks import Best, LiveChange
from engine.history.reading import History
from engine.history.sentence import sentence
from engine.history.tables import Table

__all__ = ["Best", "History", "LiveChange", "Table", "sentence"]
