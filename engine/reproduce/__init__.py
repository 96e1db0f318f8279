"""Both courseworks' experiments, run with several seeds, beside what the courseworks report.

experiments   which presets, and what was reported of them
running       trains one (experiment, seed); stops and goes on where it was
results       what a finished run says
claims        what was said of one experiment against another, and whether our runs bear it out
report        all of it as Markdown and as JSON
"""

from engine.reproduce.claims import CLAIMS, Claim, Verdict, judge
from engine.reproduce.experiments import EXPERIMENTS, Experiment
from engine.reproduce.report import Report
from engine.reproduce.results import Result
from engine.reproduce.running import Laboratory

__all__ = ["CLAIMS", "EXPERIMENTS", "Claim", "Experiment", "Laboratory", "Report", "Result", "Verdict", "judge"]
