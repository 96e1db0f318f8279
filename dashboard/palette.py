"""The colours of all charts. Training and validation have the same ones everywhere.

They are those of Okabe and Ito (2008), which people with any kind of colour vision tell apart, made lighter for
dark pages and darker for light ones until each has a contrast of 3 and more to the page (WCAG 2.2, 1.4.11).
"""

import json
from dataclasses import astuple, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Palette:
    """What a colour is for -> the colour. No colour of one palette is in another, or twice in its own."""

    training: str
    validation: str
    best: str
    change: str
    text: str
    faint_text: str
    grid: str
    hover: str
    conv_fill: str  # of layers in the drawn network
    pool_fill: str
    dense_fill: str
    other_fill: str
    image_line: str
    image_fill: str
    run_1: str  # of runs that are compared with each other
    run_2: str
    run_3: str
    run_4: str
    run_5: str
    run_6: str
    run_7: str

    @property
    def runs(self) -> tuple[str, ...]:
        """The colours of runs in one chart, in the order in which they are given out."""
        return (self.run_1, self.run_2, self.run_3, self.run_4, self.run_5, self.run_6, self.run_7)


LIGHT = Palette(
    training="#0072b2",
    validation="#d55e00",
    best="#008a64",
    change="#a8508a",
    text="#31333f",
    faint_text="#6b6f7b",
    grid="#e6e8ec",
    hover="#fefefe",
    conv_fill="#d9ebf7",
    pool_fill="#d5efe6",
    dense_fill="#fbe6d5",
    other_fill="#eceef2",
    image_line="#3b3d49",
    image_fill="#22252e",
    run_1="#0a6cb0",
    run_2="#cc5a06",
    run_3="#028061",
    run_4="#a24c86",
    run_5="#8f6b00",
    run_6="#2d8ec4",
    run_7="#4c4f5c",
)
DARK = Palette(
    training="#56b4e9",
    validation="#f0a040",
    best="#3fd0a4",
    change="#df9cc4",
    text="#fafafa",
    faint_text="#a3a8b4",
    grid="#3a3f4a",
    hover="#1a1f2b",
    conv_fill="#143349",
    pool_fill="#12382f",
    dense_fill="#46290f",
    other_fill="#262b36",
    image_line="#8b93a3",
    image_fill="#05070a",
    run_1="#5aa5f2",
    run_2="#f08a4c",
    run_3="#43cca3",
    run_4="#dd9ac6",
    run_5="#e2c24e",
    run_6="#8dd6f6",
    run_7="#c6c9d2",
)


def palette(dark: bool) -> Palette:
    """The colours for a dark or a light page."""
    return DARK if dark else LIGHT


def faded(color: str, share: float) -> str:
    """A colour that lets what is below it through; share 0 cannot be seen, 1 is the full colour."""
    return f"{_channels(color)}{share:g})"


def _channels(color: str) -> str:
    return f"rgba({','.join(str(int(color[i : i + 2], 16)) for i in (1, 3, 5))},"


def replacements(dark: bool) -> dict[str, str]:
    """Colours of the other palette -> this one's. For a browser whose theme is not the one that Python was told."""
    before, after = astuple(palette(not dark)), astuple(palette(dark))
    pairs = dict(zip(before, after, strict=True))
    return pairs | {_channels(old): _channels(new) for old, new in pairs.items()}


def theme_script() -> str:
    """JavaScript: pageLook(element).dark is the page's present theme; themed(text, dark) gives a text its colours."""
    tables = json.dumps({"light": replacements(dark=False), "dark": replacements(dark=True)})
    return f"const PALETTES = {tables};\n" + Path(__file__).with_name("theme.js").read_text(encoding="utf-8")
