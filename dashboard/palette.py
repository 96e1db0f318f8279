"""The colours of all charts. Training and validation have the same ones everywhere.

They are those of Okabe and Ito (2008), which people with any kind of colour vision tell apart, made lighter for
dark pages and darker for light ones until each has a contrast of 3 and more to the page (WCAG 2.2, 1.4.11).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """What a colour is for -> the colour."""

    training: str
    validation: str
    best: str
    change: str
    text: str
    faint_text: str
    grid: str
    paper: str  # what the charts lie on; they do not paint it
    hover: str

    def faded(self, color: str, share: float) -> str:
        """A colour that lets what is below it through; share 0 cannot be seen, 1 is the full colour."""
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},{share:g})"


LIGHT = Palette(
    training="#0072b2",
    validation="#d55e00",
    best="#008a64",
    change="#a8508a",
    text="#31333f",
    faint_text="#6b6f7b",
    grid="#e6e8ec",
    paper="#ffffff",
    hover="#ffffff",
)
DARK = Palette(
    training="#56b4e9",
    validation="#f0a040",
    best="#3fd0a4",
    change="#df9cc4",
    text="#fafafa",
    faint_text="#a3a8b4",
    grid="#2b303b",
    paper="#0e1117",
    hover="#1a1f2b",
)


def palette(dark: bool) -> Palette:
    """The colours for a dark or a light page."""
    return DARK if dark else LIGHT
