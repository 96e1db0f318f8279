"""Numbers -> pictures: pure functions that know nothing of the page.

Figures are in Plotly's own JSON form, a dictionary with "data" and "layout"; `plotly.graph_objects.Figure(figure)`
makes an object of one. That costs twenty times what building the dictionary does, and a live chart needs it not.
"""

from dashboard.charts.architecture import architecture_picture
from dashboard.charts.bars import probability_bars
from dashboard.charts.confusion import confusion_figure, confusion_words
from dashboard.charts.curves import accuracy_figure, learning_rate_figure, loss_figure
from dashboard.charts.figure import Figure
from dashboard.charts.further import FURTHER, further_figure
from dashboard.charts.kernels import kernel_pictures, pictures_html, unit_pictures

__all__ = [
    "FURTHER",
    "Figure",
    "accuracy_figure",
    "architecture_picture",
    "confusion_figure",
    "confusion_words",
    "further_figure",
    "kernel_pictures",
    "learning_rate_figure",
    "loss_figure",
    "pictures_html",
    "probability_bars",
    "unit_pictures",
]
