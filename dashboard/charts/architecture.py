"""A network drawn from the table of its layers, as one SVG.

Feature maps are stacks of sheets, dense layers columns of units. What only changes numbers in place (activations,
dropout, normalization) stands as a small label under the piece that it works on. Long networks go on in a new row.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.charts import glyphs
from dashboard.charts.glyphs import Glyph
from dashboard.palette import Palette, palette
from engine.network import LayerSummary

_TALL = 138.0  # pixels of the pieces; below them stand the words
_LINE = 16.0
_CHIP = 19.0
_GAP = 26.0
_NARROWEST = 62.0
_MARGIN = 14.0
_MOST_CHIPS = 3


@dataclass
class _Block:
    """One piece with its words. shape: what it gives out."""

    kind: str  # "input", "conv", "pool", "dense", "other": its colour
    title: str
    shape: tuple[int, ...]
    parameters: int = 0
    window: tuple[float, float] | None = None
    chips: list[str] = field(default_factory=list)
    outputs: bool = False

    @property
    def words(self) -> list[str]:
        """Lines under the piece, without the title."""
        lines = [" × ".join(str(side) for side in self.shape)]
        return [*lines, f"{self.parameters:,} param{'' if self.parameters == 1 else 's'}"] if self.parameters else lines

    def shown_chips(self) -> list[str]:
        kept = self.chips[:_MOST_CHIPS] if len(self.chips) <= _MOST_CHIPS else self.chips[: _MOST_CHIPS - 1]
        return [*kept, f"+ {len(self.chips) - len(kept)} more"] if len(self.chips) > len(kept) else kept

    def glyph_width(self, largest: int) -> float:
        if len(self.shape) == 3:
            return glyphs.maps_width(self.shape, largest)
        return 26.0 if self.outputs else 12.0

    def width(self, largest: int) -> float:
        texts = [len(line) * 6.1 for line in self.words] + [len(self.title) * 7.2]
        chips = [len(chip) * 6.0 + 14 for chip in self.shown_chips()]
        return max(_NARROWEST, self.glyph_width(largest), *texts, *chips)


def architecture_picture(rows: Sequence[LayerSummary], dark: bool = False, width: int = 940) -> str:
    """The network as SVG in a box of its own that scrolls sideways where it is too narrow.

    width: pixels after which a new row begins; a wider column does not enlarge the picture.
    """
    if not rows:
        return ""
    blocks = _blocks(rows)
    largest = max((max(block.shape[:2]) for block in blocks if len(block.shape) == 3), default=1)
    lines = _wrapped(blocks, largest, width)
    across = max(sum(b.width(largest) + _GAP for b in line) - _GAP for line in lines) + 2 * _MARGIN
    across = max(across, width * 0.75) if len(lines) > 1 else across
    parts, top, previous = [], _MARGIN / 2, None
    for number, line in enumerate(lines):
        used = sum(block.width(largest) + _GAP for block in line) - _GAP
        left = _MARGIN if len(lines) > 1 else (across - used) / 2
        body, previous = _row(line, largest, left, top, palette(dark), dark, number > 0)
        parts.append(body)
        top += _TALL + 3 * _LINE + _CHIP * max(len(block.shown_chips()) for block in line) + 14
        if number + 1 < len(lines):
            parts.append(_onward(previous.right + 10, top - 0))
    size = f"{across:.0f} {top:.0f}"
    return (
        '<div style="overflow-x:auto;max-width:100%">'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img" aria-label="{_spoken(rows)}" '
        f'style="display:block;width:100%;min-width:{0.72 * across:.0f}px;max-width:{across:.0f}px;height:auto;'
        f'margin:0 auto" font-family="inherit">{"".join(parts)}</svg></div>'
    )
