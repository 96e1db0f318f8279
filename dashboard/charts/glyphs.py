"""The pieces of a drawn network, as SVG text: sheets of feature maps, columns of units, and what joins them.

Each `draw` function is given where its piece begins on the left and the height of its middle, in pixels.
"""

import math
from dataclasses import dataclass

from dashboard.palette import Palette

SHEET = 84.0  # pixels: side of the largest feature map
_SHEET_STEP = 4.0  # from one sheet of a stack to the next one behind it
_MOST_SHEETS = 9
_MOST_UNITS = 11  # circles in a column; of more units, the first and the last are drawn
_BAR_HEIGHT = 116.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Glyph:
    """A drawn piece. `front` is the nearest sheet (left, top, width, height); `ports` are where lines end."""

    svg: str
    left: float
    right: float
    front: tuple[float, float, float, float] | None = None
    ports: tuple[Point, ...] = ()
    radius: float = 0.0  # of the circles at the ports


@dataclass(frozen=True)
class Tint:
    """Colours of one kind of layer."""

    line: str
    fill: str


def tint(kind: str, colors: Palette) -> Tint:
    """A kind of layer has the same colour in every picture."""
    return {
        "input": Tint(colors.image_line, colors.image_fill),
        "conv": Tint(colors.training, colors.conv_fill),
        "pool": Tint(colors.best, colors.pool_fill),
        "dense": Tint(colors.validation, colors.dense_fill),
    }.get(kind, Tint(colors.faint_text, colors.other_fill))


def sheets_shown(channels: int) -> int:
    """More channels, more sheets, but not in proportion: 1, 8, 16, 64 channels are 1, 6, 8, 9 sheets."""
    return max(1, min(channels, round(1.5 + 1.6 * math.log2(max(channels, 1))), _MOST_SHEETS))


def sheet_size(height: int, width: int, largest: int) -> Point:
    """Width and height in pixels; small maps are drawn a little larger than in proportion, to be seen."""
    across, down = (max(SHEET * (side / max(largest, 1)) ** 0.75, 7.0) for side in (width, height))
    return across, down


def maps_width(shape: tuple[int, ...], largest: int) -> float:
    """Width of a stack of sheets."""
    return sheet_size(shape[0], shape[1], largest)[0] + _SHEET_STEP * (sheets_shown(shape[2]) - 1)


def draw_maps(shape: tuple[int, ...], largest: int, look: Tint, left: float, middle: float) -> Glyph:
    """A stack of sheets, one for each channel (of many, some), the nearest in front at the lower left."""
    width, height = sheet_size(shape[0], shape[1], largest)
    count = sheets_shown(shape[2])
    back = _SHEET_STEP * (count - 1)
    top = middle - (height + back) / 2 + back
    parts = []
    for number in range(count - 1, -1, -1):
        x, y = left + _SHEET_STEP * number, top - _SHEET_STEP * number
        stroke = 0.45 + 0.55 * (1 - number / count)
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2.5" fill="{look.fill}" '
            f'stroke="{look.line}" stroke-width="1.2" stroke-opacity="{stroke:.2f}"/>'
        )
    return Glyph("".join(parts), left, left + width + back, (left, top, width, height))


def draw_digit(front: tuple[float, float, float, float]) -> str:
    """A handwritten two, white on the input image."""
    left, top, width, height = front
    curve = ((0.29, 0.35), (0.31, 0.13), (0.73, 0.12), (0.70, 0.37), (0.68, 0.55), (0.37, 0.62), (0.27, 0.83))
    points = [f"{left + x * width:.1f} {top + y * height:.1f}" for x, y in (*curve, (0.75, 0.80))]
    path = f"M{points[0]}C{' '.join(points[1:4])}C{' '.join(points[4:7])}L{points[7]}"
    thickness = 0.085 * min(width, height)
    return (
        f'<path d="{path}" fill="none" stroke="#ffffff" stroke-width="{thickness:.1f}" stroke-linecap="round" '
        'stroke-linejoin="round"/>'
    )


def draw_bar(look: Tint, left: float, middle: float) -> Glyph:
    """Maps laid out as one long column of numbers."""
    count, width = 16, 9.0
    cell = _BAR_HEIGHT / count
    top = middle - _BAR_HEIGHT / 2
    cells = "".join(
        f'<rect x="{left:.1f}" y="{top + cell * i + 0.7:.1f}" width="{width}" height="{cell - 1.4:.1f}" rx="1.5" '
        f'fill="{look.fill}" stroke="{look.line}" stroke-width="0.8" stroke-opacity="0.7"/>'
        for i in range(count)
    )
    ports = tuple((left + width, top + cell * (i + 0.5)) for i in range(1, count, 2))
    return Glyph(cells, left, left + width, (left, top, width, _BAR_HEIGHT), ports, 0.0)


def draw_units(units: int, look: Tint, left: float, middle: float, outputs: bool) -> Glyph:
    """A column of circles, one for each unit; of many, the first and the last with dots between them."""
    labelled = outputs and units <= _MOST_UNITS
    radius = 5.2 if labelled else 4.4
    gap = 12.4 if labelled else 11.0
    whole = units <= _MOST_UNITS
    places = units if whole else _MOST_UNITS
    ys = [middle + gap * (i - (places - 1) / 2) for i in range(places)]
    drawn = ys if whole else ys[: places // 2] + ys[places // 2 + 1 :]
    x = left + radius + 1
    parts = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{look.fill}" stroke="{look.line}" stroke-width="1.3"/>'
        for y in drawn
    ]
    if not whole:
        parts += [f'<circle cx="{x:.1f}" cy="{middle + d:.1f}" r="1.1" fill="{look.line}"/>' for d in (-3.4, 0, 3.4)]
    if labelled:
        parts += [
            f'<text x="{x + radius + 5:.1f}" y="{y + 3.8:.1f}" font-size="11" fill="currentColor">{i}</text>'
            for i, y in enumerate(drawn)
        ]
    right = x + radius + 1 + (12 if labelled else 0)
    return Glyph("".join(parts), left, right, None, tuple((x, y) for y in drawn), radius)


def join(source: Glyph, target: Glyph, window: tuple[float, float] | None, line: str) -> str:
    """What leads from one piece to the next. window: share of the source's sheet that one target pixel looks at."""
    if source.front and target.front and window:
        return _look(source.front, target.front, window, line)
    if target.front:  # everything is laid out in a row
        return _fan_out(source, target, line)
    ports = source.ports or _edge(source)
    segments = "".join(
        f"M{ax + source.radius:.1f} {ay:.1f}L{bx - target.radius:.1f} {by:.1f}"
        for ax, ay in ports
        for bx, by in target.ports
    )
    return f'<path d="{segments}" fill="none" stroke="{line}" stroke-width="0.7" stroke-opacity="0.18"/>'


def _look(
    source: tuple[float, float, float, float],
    target: tuple[float, float, float, float],
    window: tuple[float, float],
    line: str,
) -> str:
    """A window on the source, and lines from its corners to the one number it becomes."""
    left, top, width, height = source
    w, h = max(window[0] * width, 4.0), max(window[1] * height, 4.0)
    x, y = left + 0.58 * (width - w), top + 0.68 * (height - h)
    tx, ty = target[0] + 0.5 * target[2], target[1] + 0.55 * target[3]
    cone = f"M{x + w:.1f} {y:.1f}L{tx:.1f} {ty:.1f}L{x + w:.1f} {y + h:.1f}"
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="1" fill="{line}" fill-opacity="0.3" '
        f'stroke="{line}" stroke-width="1.3"/>'
        f'<path d="{cone}Z" fill="{line}" fill-opacity="0.10"/>'
        f'<path d="{cone}" fill="none" stroke="{line}" stroke-width="0.9" stroke-opacity="0.75"/>'
        f'<rect x="{tx - 2:.1f}" y="{ty - 2:.1f}" width="4" height="4" rx="0.8" fill="{line}"/>'
    )


def _fan_out(source: Glyph, target: Glyph, line: str) -> str:
    assert target.front is not None
    x, top, _, height = target.front
    edge = _edge(source)
    (ax, ay), (_, by) = edge[0], edge[-1]
    return (
        f'<path d="M{ax:.1f} {ay:.1f}L{x - 2:.1f} {top:.1f}V{top + height:.1f}L{ax:.1f} {by:.1f}Z" fill="{line}" '
        f'fill-opacity="0.09" stroke="{line}" stroke-opacity="0.35" stroke-width="0.8"/>'
    )


def _edge(glyph: Glyph) -> tuple[Point, ...]:
    """Points down the right side of a piece."""
    if glyph.front:
        left, top, width, height = glyph.front
        return tuple((left + width + 1, top + height * i / 6) for i in range(7))
    return tuple((x + glyph.radius, y) for x, y in glyph.ports)
