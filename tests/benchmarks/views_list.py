"""The views of the pages Evaluate and Inside, and how a measurement gets to each. To measure another, add a line."""

from dataclasses import dataclass

GOAL = 2.0  # seconds from the click to the figure


@dataclass(frozen=True)
class View:
    """One view. choose: clicks that open it, by the text that is clicked; shown: what is there then.

    Where `shown` names a chart of ours, it counts from when it has a line. most: seconds that it may take.
    watched: whether it follows a run in training, so that what it costs the run is worth measuring.
    """

    page: str
    choose: tuple[str, ...]
    shown: str
    most: float | None = GOAL
    watched: bool = False


VIEWS: dict[str, View] = {
    "evaluate: confusion matrix": View("Evaluate", (), ".confusion-right", watched=True),
    "evaluate: images of mistakes": View("Evaluate", (), ".gallery img"),
    "evaluate: classes": View("Evaluate", ("Classes",), ".evaluate-classes td"),
    "evaluate: calibration": View("Evaluate", ("Confidence",), ".st-key-calibration-chart .live-chart", watched=True),
    "evaluate: coverage": View("Evaluate", ("Confidence",), ".st-key-coverage-chart .live-chart"),
    "evaluate: first robustness curve": View("Evaluate", ("Robustness",), ".st-key-robust-chart-rotation .live-chart"),
    "evaluate: all robustness curves": View(
        "Evaluate", ("Robustness",), ".st-key-evaluate-body:not(:has(.st-key-robustness-progress .stProgress)) "
        ".st-key-robust-chart-slant .live-chart", None
    ),
    "evaluate: test images": View("Evaluate", ("Test", "Look at the test images"), ".confusion-right"),
    "inside: network": View("Inside", (), ".nv-column canvas", watched=True),
    "inside: weights": View("Inside", ("Weights",), "[class*=st-key-weights-][class*=-tiles] canvas", watched=True),
    "inside: feature maps": View("Inside", ("Feature maps",), "[class*=st-key-maps-tiles-] canvas", watched=True),
    "inside: histograms": View("Inside", ("Histograms",), ".st-key-histogram-0 .live-chart", watched=True),
    "inside: units": View("Inside", ("Units",), ".st-key-worth .live-chart", watched=True),
    "inside: hidden space (PCA)": View("Inside", ("Hidden space",), "canvas.space-paper[data-drawn='1']", watched=True),
    "inside: one step by hand": View("Inside", ("By hand",), ".st-key-formula-forward .katex", watched=True),
    "inside: optimizer microscope": View("Inside", ("Optimizer",), ".st-key-formula-step-2 .katex", watched=True),
}  # fmt: skip
