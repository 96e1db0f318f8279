"""`python -m engine reproduce`: both courseworks' experiments, beside what they report."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path

from engine.datasets import BUILT_IN, load
from engine.files import replace_file
from engine.reproduce import EXPERIMENTS, Experiment, Laboratory, Report, Result
from engine.reproduce.experiments import OWN_DATA
from engine.rundir import runs_folder
from engine.spec import SettingError

HELP = "train every experiment of both courseworks with several seeds, and compare; may be stopped and continued"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--data", default=OWN_DATA, help="usps16.mat, where you have it (%(default)s)")
    parser.add_argument("--only", default="", metavar="NAME", help="an experiment, or several with commas between")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, with seeds from 1 (%(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write the report here, after every run")
    folder = runs_folder().with_name("reproduction")
    parser.add_argument("--folder", type=Path, default=folder, help="where the runs lie (%(default)s)")
    parser.add_argument("--finished", action="store_true", help="train nothing; report what is finished")


def run(options: argparse.Namespace) -> int:
    """Train what is missing, and report."""
    chosen = _chosen(options.only)
    if options.seeds < 1:
        raise SettingError("--seeds", f"expected at least 1; got {options.seeds}")
    own = options.data in BUILT_IN
    data = options.data if own else str(Path(options.data).resolve())
    laboratory = Laboratory(options.folder, data)
    report = Report(data if own else load(data).name)
    for experiment in chosen:
        laboratory.check(experiment)
    previous = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in previous:
        signal.signal(each, lambda *_: laboratory.leave.set())
    try:
        complete = _run_all(laboratory, chosen, options, report)
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)
    print(json.dumps(report.to_json()) if options.json else "\n" + report.markdown(), end="\n" if options.json else "")
    if not complete and not options.json:
        print("Stopped. The same command goes on from here.", file=sys.stderr)
    return 0 if complete else 130


def _chosen(only: str) -> list[Experiment]:
    names = [name.strip() for name in only.split(",") if name.strip()] or list(EXPERIMENTS)
    for name in names:
        if name not in EXPERIMENTS:
            raise SettingError("--only", f"expected some of {', '.join(EXPERIMENTS)}; got {name[:60]!r}")
    return [EXPERIMENTS[name] for name in names]


def _run_all(laboratory: Laboratory, chosen: list[Experiment], options: argparse.Namespace, report: Report) -> bool:
    """One seed of every experiment after the other, so that the whole table is there early. False: interrupted."""
    for seed in range(1, options.seeds + 1):
        for experiment in chosen:
            known = laboratory.find(experiment, seed)
            result = known or (None if options.finished else laboratory.train(experiment, seed))
            if result is None and not options.finished:
                return False
            if result is None:
                continue
            report.add(result)
            if not options.json:
                print(_line(result, known is not None), flush=True)
            if options.out:
                replace_file(options.out, lambda path: path.write_text(report.markdown(), encoding="utf-8"))
    return True


def _line(result: Result, known: bool) -> str:
    test = "-" if result.test_accuracy is None else f"{result.test_accuracy:.2%}"
    when = "known" if known else time.strftime("%H:%M:%S")
    return f"{when:8s}  {result.experiment:20s} seed {result.seed}  test {test:>7s}  {result.seconds:7.1f} s"
