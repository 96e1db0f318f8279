"""Tries inputs that nobody should send, and prints what became of them: `python tests/fuzz/fuzz.py --inputs 10000`.

Each kind runs in a process of its own, with limits on its memory and its processor time, and with hooks that see what
it opens, writes, starts and runs. An input follows from its kind and its number alone: a failure names both, and

    python tests/fuzz/fuzz.py --only KIND --first NUMBER --inputs 1 --trace

tries it again. The tests of the normal run try the first few of each kind. Linux only, for its limits.
"""

import argparse
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from fuzz_kinds import KINDS  # noqa: E402  (the path must be set first)

SILENT_SECONDS = 120.0  # without a line, a process waits for what never comes: its alarm counts processor time only
SHOWN = 5  # failures of a kind that are printed


@dataclass
class Result:
    """What became of the inputs of one kind. seconds: the most that one of them took, of processor time."""

    kind: str
    what: str
    inputs: int = 0
    worked: int = 0
    told: int = 0
    seconds: float = 0.0
    memory: int = 0  # bytes at most, beyond what was held before the first
    failures: list[dict[str, Any]] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)

    def take(self, found: dict[str, Any]) -> None:
        """Count one."""
        self.inputs += 1
        self.worked += found["outcome"] == "worked"
        self.told += found["outcome"] == "told"
        self.seconds = max(self.seconds, found.get("seconds", 0.0))
        self.memory = max(self.memory, found.get("memory", 0))
        if found["outcome"] == "failed":
            self.failures.append(found)
        elif found["outcome"] == "told":
            self.messages[found["message"][:160]] += 1


def fuzz(names: Sequence[str], inputs: int, first: int = 0) -> dict[str, Result]:
    """Try so many inputs of each kind. One that ends its process is a failure; the next process goes on after it."""
    results = {name: Result(name, KINDS[name].what) for name in names}
    left = [(name, first, inputs) for name in names]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        while left:
            left = _process(results, left, Path(folder))
    return results


Task = tuple[str, int, int]  # kind, first seed, how many


def _process(results: dict[str, Result], tasks: list[Task], folder: Path) -> list[Task]:
    """Lets one process try them; what it has not come to."""
    place = Path(tempfile.mkdtemp(dir=folder))
    words = [f"{name}:{first}:{count}" for name, first, count in tasks]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
    now: list[str] = []  # kind and seed that are being tried
    tried = 0
    with (
        (folder / "stderr").open("wb") as errors,
        subprocess.Popen(
            [sys.executable, str(HERE / "fuzz_worker.py"), str(place), *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=place,
            env=environment,
        ) as process,
    ):
        for line in _lines(process):
            if line.startswith(b"begin "):
                now = line.decode().split()[1:]
            else:
                results[now[0]].take(json.loads(line))
                now, tried = [], tried + 1
        code = process.wait()
    said = (folder / "stderr").read_text(errors="replace")[-2000:]
    if now:
        found = {"seed": int(now[1]), "outcome": "failed", "problem": _death(code), "trace": said}
        results[now[0]].take(found)
        tried += 1
    elif code:
        raise RuntimeError(f"the process that tries {words[0]} ended with {code} before an input:\n{said}")
    return _rest(tasks, tried)


def _rest(tasks: list[Task], tried: int) -> list[Task]:
    """The tasks without the first so many inputs."""
    left = []
    for name, first, count in tasks:
        done = min(tried, count)
        tried -= done
        left += [(name, first + done, count - done)] if done < count else []
    return left


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    """What it prints, line by line; it is killed if it says nothing for SILENT_SECONDS."""
    assert process.stdout is not None
    rest, last = b"", time.monotonic()
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not ready.select(1.0):
                if time.monotonic() - last > SILENT_SECONDS:
                    process.kill()
                continue
            data = process.stdout.read()
            if not data:
                return
            last = time.monotonic()
            *whole, rest = (rest + data).split(b"\n")
            yield from whole


def _death(code: int) -> str:
    if code == -signal.SIGPROF:
        return "took more processor time than an input may"
    if code == -signal.SIGKILL:
        return f"said nothing for {SILENT_SECONDS:.0f} seconds, or was killed for its memory"
    return f"ended its process: {signal.Signals(-code).name if code < 0 else f'exit status {code}'}"


def as_table(results: list[Result]) -> str:
    """One line a kind."""
    rows: list[tuple[str, ...]] = [("kind", "", "inputs", "worked", "told", "failed", "slowest, s", "memory, MB")]
    for each in results:
        counts = (each.inputs, each.worked, each.told, len(each.failures))
        rows.append(
            (
                each.kind,
                each.what,
                *(f"{count:,}" for count in counts),
                f"{each.seconds:.2f}",
                f"{each.memory / 1e6:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def main() -> int:
    """Try, and print. Exit status: how many kinds had failures."""
    parser = argparse.ArgumentParser(description="Sends hostile inputs to everything that reads.")
    parser.add_argument("--inputs", type=int, default=1000, help="of each kind (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=KINDS, metavar="KIND", help=f"of: {', '.join(KINDS)}")
    parser.add_argument("--first", type=int, default=0, help="number of the first input (%(default)s)")
    parser.add_argument("--trace", action="store_true", help="show where each failure came from")
    parser.add_argument("--messages", type=int, default=0, metavar="N", help="show the N commonest messages of each")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    results = []
    for name in options.only or [name for name in KINDS if not KINDS[name].trap]:
        print(f"trying: {name}", file=sys.stderr, flush=True)
        results.append(result := fuzz([name], options.inputs, options.first)[name])
        print(as_table([result]).splitlines()[1], file=sys.stderr, flush=True)  # the others may take an hour
        for failure in result.failures[:SHOWN]:
            print(f"  {name} {failure['seed']}: {failure['problem']}", file=sys.stderr)
            if options.trace:
                print(failure.get("trace", ""), file=sys.stderr)
        for message, count in result.messages.most_common(options.messages):
            print(f"  {count:6,} {message!r}", file=sys.stderr)
    if options.json:
        print(json.dumps([vars(each) | {"messages": len(each.messages)} for each in results], indent=1))
    else:
        print(as_table(results))
    return sum(bool(each.failures) for each in results)


if __name__ == "__main__":
    sys.exit(main())
