"""A run's curves and settings as an event file for TensorBoard, written without TensorBoard.

An event file is a row of records (TFRecord), each holding an `Event` in the encoding of Protocol Buffers:

    record    length: uint64, CRC of the length, data, CRC of the data      (little-endian)
    CRC       CRC-32C (Castagnoli), turned right by 15 bits, plus 0xa282ead8
    Event     1 wall_time: double, 2 step: int64, 3 file_version: string, 5 summary
    Summary   1 value: 1 tag: string, 2 simple_value: float, 8 tensor, 9 metadata

Formats: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto and framework/summary.proto.
"""

import math
import struct
from collections.abc import Iterator

from engine.config import TrainingConfig
from engine.history import History, Table
from engine.setting_words import settings, words

MOST_ROWS = 20_000  # batches; of longer runs they are evenly thinned
_TABLE = [0] * 256
for _byte in range(256):
    _value = _byte
    for _ in range(8):
        _value = (_value >> 1) ^ (0x82F63B78 if _value & 1 else 0)
    _TABLE[_byte] = _value


def event_file(config: TrainingConfig, history: History) -> bytes:
    """The whole file. Tags: train/, validation/, network/; the settings as text. Values that are not finite are left
    out."""
    began = float((history.started or {}).get("time") or 0.0)
    events = [_event(began, 0, _string(3, "brain.Event:2")), _event(began, 0, _message(5, _text(config)))]
    events += _scalars(history.batches, began, "train", ("loss", "accuracy", "learning_rate", "gradient_norm"))
    looks = ("loss", "accuracy")
    events += _scalars(history.validation, began, "validation_part", looks)
    events += _scalars(history.epochs, began, "epoch", ("train_loss", "train_accuracy"))
    events += _scalars(history.epochs, began, "validation", ("validation_loss", "validation_accuracy"))
    events += _scalars(history.probes, began, "network", ("update_norm", "weight_norm", "dead"))
    return b"".join(map(_record, events))


def _scalars(table: Table, began: float, group: str, names: tuple[str, ...]) -> Iterator[bytes]:
    """An event for each row, with all its numbers."""
    stride = max(math.ceil(len(table) / MOST_ROWS), 1)
    rows = zip(*(table[name][::stride].tolist() for name in ("step", "seconds", *names)), strict=True)
    for step, seconds, *values in rows:
        told = b"".join(
            _message(1, _string(1, f"{group}/{name.removeprefix('validation_')}") + b"\x15" + struct.pack("<f", value))
            for name, value in zip(names, values, strict=True)
            if math.isfinite(value)
        )
        if told:
            yield _event(began + seconds, int(step), _message(5, told))


def _text(config: TrainingConfig) -> bytes:
    """The settings as a table in Markdown, for the tab Text."""
    rows = [f"| {row.path} | {row.value} | {row.usual} |" for row in settings(config)]
    rows += [f"| layer {place} | {words(layer)} | |" for place, layer in enumerate(config.layers, 1)]
    table = "\n".join(["| setting | value | usually |", "|---|---|---|", *rows])
    tensor = b"\x08\x07" + _message(2, _message(2, b"\x08\x01")) + _string(8, table)  # strings; of the shape (1,)
    metadata = _message(1, _string(1, "text"))  # the plugin that shows it
    return _message(1, _string(1, "settings/text_summary") + _message(8, tensor) + _message(9, metadata))


def _event(wall_time: float, step: int, content: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", wall_time) + b"\x10" + _varint(step) + content


def _string(number: int, text: str) -> bytes:
    return _message(number, text.encode("utf-8", "replace"))


def _message(number: int, content: bytes) -> bytes:
    """A field that holds bytes of some length."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked(length)) + data + struct.pack("<I", _masked(data))


def _masked(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
