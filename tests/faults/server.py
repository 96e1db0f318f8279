"""A server of runs without a page, for faults that end or halt it: `python -m tests.faults.server FOLDER`.

Each line of its input is [method, arguments, named arguments]; it answers with one line.
"""

import json
import sys
from pathlib import Path

from dashboard.running.runs import Runs
from engine.config import TrainingConfig
from engine.rundir import RunError


def main(root: Path) -> None:
    """Answer until the input ends."""
    runs = Runs(root, most=2)
    for line in sys.stdin:
        method, arguments, named = json.loads(line)
        if method == "start":
            answer: object = runs.start(TrainingConfig.from_json(arguments[0])).id
        elif method == "status":
            answer = runs.status(runs.open(arguments[0])).state
        else:
            try:
                getattr(runs, method)(*arguments, **named)
                answer = ""
            except RunError as error:
                answer = str(error)
        print(json.dumps(answer), flush=True)
    runs.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
