"""Runs on their way to another machine, and from one: as one .zip, as a checkpoint, as TensorBoard's event file."""

from engine.travel.packing import NAME, pack
from engine.travel.tensorboard import event_file
from engine.travel.unpacking import TravelError, receive

__all__ = ["NAME", "TravelError", "event_file", "pack", "receive"]
