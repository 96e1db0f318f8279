"""Numbers as people read them. No streamlit."""

import math


def share(value: float, places: int = 2) -> str:
    """0.9876 -> "98.76 %"; a dash for what is not known."""
    return "–" if math.isnan(value) else f"{100 * value:.{places}f} %"


def signed(value: float, places: int = 2) -> str:
    """With its sign: "+1.48", "−0.30" (a true minus)."""
    return f"{'−' if value < 0 else '+'}{abs(value):.{places}f}"


def amount(value: float, unit: str = "") -> str:
    """In three figures at most, with a true minus: "−42°"."""
    return f"{value:.3g}{unit}".replace("-", "−")
