"""Numbers as people read them, in text and in formulas. No streamlit."""

import math

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SMALL, LARGE = 1e-3, 1e5  # beyond these a number is written with a power of ten


def plain(value: float, digits: int = 4) -> str:
    """ "0.1234", "−1.2×10⁻⁵"."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    mantissa, power = _parts(value, digits)
    text = mantissa.replace("-", "−")
    return text if power is None else f"{text}×10{str(power).translate(_SUPERSCRIPT)}"


def latex(value: float, digits: int = 4) -> str:
    """The same for a formula."""
    if not math.isfinite(value):
        return r"\text{NaN}" if math.isnan(value) else (r"\infty" if value > 0 else r"-\infty")
    mantissa, power = _parts(value, digits)
    return mantissa if power is None else rf"{mantissa}\cdot 10^{{{power}}}"


def factor(value: float, digits: int = 4) -> str:
    """For a formula, as a factor: what is negative or has a power of ten stands in brackets."""
    text = latex(value, digits)
    return f"({text})" if value < 0 or "10^" in text else text


def term(value: float, digits: int = 4) -> str:
    """For a formula, as a term behind others: " + 0.5" or " - 0.5"."""
    sign = "-" if value < 0 else "+"
    return f" {sign} {latex(abs(value), digits)}"


def _parts(value: float, digits: int) -> tuple[str, int | None]:
    """(mantissa, power of ten or None)."""
    size = abs(value)
    if size == 0:
        return "0", None
    if SMALL <= size < LARGE:
        text = f"{value:.{max(digits - 1 - math.floor(math.log10(size)), 0)}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text), None
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa), int(power)
