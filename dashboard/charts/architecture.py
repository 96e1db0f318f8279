"""A network drawn from the table of its layers, as one SVG.

Feature maps are stacks of sheets, dense layers columns of units. What only changes numbers in place (activations,
dropout, normalization) stands as a small label under the piece that it works on. Long networks go on in a new row.
"""

import html
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dashboard.charts import glyphs
from dashboard.charts.glyphs import Glyph
from dashboard.language import say, translated
from dashboard.palette import palette
from engine.network import LayerSummary

_TALL = 138.0  # pixels of the pieces; below them stand the words
_LINE = 16.0
_CHIP = 19.0
_GAP = 26.0
_NARROWEST = 62.0
_MARGIN = 14.0
_MOST_CHIPS = 3
_SQUEEZE = 1.3
_ARROW = 28.0
_TIMES = "\N{MULTIPLICATION SIGN}"


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
        lines = [f" {_TIMES} ".join(f"{side:,}" for side in self.shape)]
        params = say("{count:,} params", count=self.parameters) if self.parameters != 1 else say("1 param")
        return [*lines, params] if self.parameters else lines

    def shown_chips(self) -> list[str]:
        kept = self.chips[:_MOST_CHIPS] if len(self.chips) <= _MOST_CHIPS else self.chips[: _MOST_CHIPS - 1]
        return (
            [*kept, say("+ {count} more", count=len(self.chips) - len(kept))] if len(self.chips) > len(kept) else kept
        )

    def glyph_width(self, largest: int) -> float:
        if len(self.shape) == 3:
            return glyphs.maps_width(self.shape, largest)
        return 26.0 if self.outputs else 12.0

    def width(self, largest: int) -> float:
        texts = [_long(line) * 6.1 for line in self.words] + [_long(self.title) * 7.2]
        chips = [_long(chip) * 6.0 + 14 for chip in self.shown_chips()]
        return max(_NARROWEST, self.glyph_width(largest), *texts, *chips)


def _long(text: str) -> int:
    """Letters; a Chinese one is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def architecture_picture(rows: Sequence[LayerSummary], dark: bool = False, width: int = 940) -> str:
    """The network as SVG in a box of its own that scrolls sideways where it is too narrow.

    width: pixels of a row; a wider column does not enlarge the picture.
    """
    if not rows:
        return ""
    blocks = _blocks(rows)
    largest = max((max(block.shape[:2]) for block in blocks if len(block.shape) == 3), default=1)
    lines = _wrapped(blocks, largest, width)
    across = max(sum(b.width(largest) + _GAP for b in line) - _GAP for line in lines) + 2 * _MARGIN
    across += 2 * _ARROW if len(lines) > 1 else 0.0
    parts: list[str] = []
    top = _MARGIN / 2
    for number, line in enumerate(lines):
        used = sum(block.width(largest) + _GAP for block in line) - _GAP
        left = _MARGIN + (_ARROW if len(lines) > 1 else 0.0)
        parts.append(_row(line, largest, left, top, dark))
        middle = top + _TALL / 2
        if number > 0:
            parts.append(_arrow(left - _ARROW, middle))
        if number + 1 < len(lines):
            parts.append(_arrow(left + used + _ARROW / 2, middle))
        top += _TALL + 3 * _LINE + _CHIP * max(len(block.shown_chips()) for block in line) + 14
    return (
        '<div style="overflow-x:auto;max-width:100%">'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.0f} {top:.0f}" role="img" '
        f'aria-label="{html.escape(_spoken(rows))}" style="display:block;width:100%;min-width:{0.72 * across:.0f}px;'
        f'max-width:{across:.0f}px;height:auto;margin:0 auto" font-family="inherit">{"".join(parts)}</svg></div>'
    )


def _blocks(rows: Sequence[LayerSummary]) -> list[_Block]:
    """The pieces: a layer that leaves the shape as it is becomes a label of the piece before it."""
    blocks = [_Block("input", say("Image"), rows[0].input_shape)]
    for row in rows:
        flat = len(row.output_shape) == 1
        if row.output_shape == row.input_shape and row.kind not in ("Conv", "Dense"):
            blocks[-1].chips.append(translated(row.kind))
            blocks[-1].parameters += row.parameters
            continue
        kind = "conv" if row.kind == "Conv" else "pool" if row.kind.endswith("Pool") else "other"
        kind = "dense" if row.kind == "Dense" else kind
        block = _Block(kind, translated(row.kind), row.output_shape, row.parameters, None if flat else _window(row))
        if row.kind == "Conv":
            side = _kernel(row)
            block.title = f"{block.title} {side}{_TIMES}{side}"
        if row.parameters and not row.trained:
            block.chips.append(say("frozen"))
        blocks.append(block)
    blocks[-1].outputs = blocks[-1].kind == "dense"
    return blocks


def _kernel(row: LayerSummary) -> int:
    """Side of a convolution's kernel, from its count: side^2 in out weights and perhaps out biases."""
    return max(round(math.sqrt(row.parameters / max(row.input_shape[-1] * row.output_shape[-1], 1))), 1)


def _window(row: LayerSummary) -> tuple[float, float] | None:
    """Share of the input's width and height that one output looks at."""
    if len(row.input_shape) != 3 or len(row.output_shape) != 3:
        return None
    (h, w), (oh, ow) = row.input_shape[:2], row.output_shape[:2]
    if row.kind == "Conv":
        return min(_kernel(row) / w, 1.0), min(_kernel(row) / h, 1.0)
    return min(1 / ow, 1.0), min(1 / oh, 1.0)


def _wrapped(blocks: list[_Block], largest: int, width: float) -> list[list[_Block]]:
    """Rows of pieces, about equally long. What is a little too wide stays in one row, drawn smaller."""
    total = sum(block.width(largest) + _GAP for block in blocks)
    if total <= _SQUEEZE * width:
        return [blocks]
    rows = math.ceil(total / width)
    for slack in range(20):
        lines = _filled(blocks, largest, total / rows * (1 + slack / 20))
        if len(lines) <= rows:
            break
    return lines


def _filled(blocks: list[_Block], largest: int, width: float) -> list[list[_Block]]:
    """Rows that each take what fits into `width`, one piece at least."""
    lines: list[list[_Block]] = [[]]
    used = 0.0
    for block in blocks:
        needed = block.width(largest) + _GAP
        if lines[-1] and used + needed > width:
            lines.append([])
            used = 0.0
        lines[-1].append(block)
        used += needed
    return lines


def _row(line: list[_Block], largest: int, left: float, top: float, dark: bool) -> str:
    """Pieces beside each other, what joins them, and the words below. Lines lie under the pieces they leave."""
    pieces, joins, words = [], [], []
    previous: Glyph | None = None
    for block in line:
        width = block.width(largest)
        look = glyphs.tint(block.kind, palette(dark))
        place = left + (width - block.glyph_width(largest)) / 2
        glyph = _draw(block, largest, look, place, top + _TALL / 2)
        if previous is not None:
            joins.append(glyphs.join(previous, glyph, block.window, look.line))
        pieces.append(glyph.svg)
        words.append(_words(block, left + width / 2, top + _TALL))
        previous = glyph
        left += width + _GAP
    return "".join([*pieces, *joins, *words])


def _draw(block: _Block, largest: int, look: glyphs.Tint, left: float, middle: float) -> Glyph:
    if len(block.shape) == 3:
        glyph = glyphs.draw_maps(block.shape, largest, look, left, middle)
        if block.kind == "input" and glyph.front:
            return replace(glyph, svg=glyph.svg + glyphs.draw_digit(glyph.front))
        return glyph
    if block.kind == "dense":
        return glyphs.draw_units(math.prod(block.shape), look, left, middle, block.outputs)
    return glyphs.draw_bar(look, left, middle)


def _words(block: _Block, middle: float, top: float) -> str:
    parts = [_text(block.title, middle, top + _LINE, 13.0, 1.0, bold=True)]
    for number, line in enumerate(block.words):
        parts.append(_text(line, middle, top + _LINE * (number + 2), 11.5, 0.9 if number == 0 else 0.65))
    top += _LINE * 3 + 8
    for number, chip in enumerate(block.shown_chips()):
        wide = _long(chip) * 6.0 + 14
        y = top + number * _CHIP
        parts.append(
            f'<rect x="{middle - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="16" rx="8" fill="currentColor" '
            f'fill-opacity="0.07" stroke="currentColor" stroke-opacity="0.2"/>'
        )
        parts.append(_text(chip, middle, y + 11.7, 10.5, 0.85))
    return "".join(parts)


def _text(text: str, x: float, y: float, size: float, opacity: float, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="middle" fill="currentColor" '
        f'fill-opacity="{opacity}"{weight}>{html.escape(text)}</text>'
    )


def _arrow(x: float, y: float) -> str:
    """The network goes on in another row."""
    return (
        f'<path d="M{x:.1f} {y:.1f}h13m-5 -5l5 5l-5 5" fill="none" stroke="currentColor" stroke-opacity="0.5" '
        'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _spoken(rows: Sequence[LayerSummary]) -> str:
    """The picture in words, for people who cannot see it."""
    steps = ", ".join(f"{translated(row.kind)} {'×'.join(map(str, row.output_shape))}" for row in rows)
    total = sum(row.parameters for row in rows)
    shape = "×".join(map(str, rows[0].input_shape))
    return say("The network: image of {shape}, {steps}; {total:,} parameters.", shape=shape, steps=steps, total=total)
