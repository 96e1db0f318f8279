"""The lab report: one or several runs as one HTML file that needs nothing else, and their data as CSV and JSON."""

from engine.report.gather import Gathered, Pinned, gather
from engine.report.html import render
from engine.report.tables import curves_csv, data_json, epochs_csv

__all__ = ["Gathered", "Pinned", "curves_csv", "data_json", "epochs_csv", "gather", "render"]
