"""What every fault needs: a run in training, one beside it that nobody may touch, and what both should come to."""

import contextlib
import functools
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from dashboard.running.processes import PROJECT
from dashboard.running.runs import Runs
from engine.checkpoint import read_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten, ReLU
from engine.rundir import EventReader, RunFolder, read_json
from tests import waiting

CONFIG = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=4_000, validation_images=500),
    layers=(Flatten(), Dense(units=48), ReLU(), Dense(units=10)),
    batch_size=8,
    epochs=4,
    seed=11,
)  # 2,000 steps, a second or two of training
EPOCH = 500  # steps of CONFIG's epochs
LONG = CONFIG.with_values({"epochs": 400})
wait = functools.partial(waiting.wait, seconds=120.0)  # what a machine that is busy with faults may take


@functools.cache
def reference() -> str:
    """The digest of the weights that CONFIG comes to when nothing happens; trained once, by a worker of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder), CONFIG, "reference")
        subprocess.run([sys.executable, "-m", "engine.worker", str(run.path)], cwd=PROJECT, check=True)
        return weights_digest(run)


def weights_digest(run: RunFolder) -> str:
    """Of the weights that a run ended with."""
    found = hashlib.sha256()
    for name, array in sorted(read_checkpoint(run.final).params.items()):
        found.update(name.encode() + array.tobytes())
    return found.hexdigest()


@dataclass
class Loss:
    """What a run had told, and from where it went on."""

    told: int
    from_step: int

    @property
    def steps(self) -> int:
        """Steps that were trained again."""
        return max(self.told - self.from_step, 0)


class Scene:
    """A folder of runs with a server of its own in this process; no process is left when it ends."""

    def __init__(self, root: Path | None = None, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self._made = None if root else tempfile.mkdtemp()
        self.root = root or Path(self._made or "")
        self.runs = Runs(self.root, most=2)
        self._bystander: dict[str, str] = {}

    def __enter__(self) -> Self:
        other = self.runs.start(CONFIG.with_values({"epochs": 1, "seed": 3}))
        self.finish(other)
        self._other, self._bystander = other, digests(other.path)
        return self

    def __exit__(self, *_: object) -> None:
        self.runs.close()
        if self._made:
            shutil.rmtree(self._made, ignore_errors=True)

    def start(self, config: TrainingConfig = CONFIG, steps: int = 1) -> RunFolder:
        """A run that has made so many steps."""
        run = self.runs.start(config)
        wait(lambda: self.runs.history(run).step >= steps, "the run trains")
        return run

    def pid(self, run: RunFolder) -> int:
        """Of its worker."""
        return int(read_json(run.worker_file)["pid"])

    def is_interrupted(self, run: RunFolder) -> bool:
        """Its worker is gone."""
        return self.runs.status(run).state == "interrupted"

    def go_on(self, run: RunFolder) -> Loss:
        """Continue an interrupted run to its end."""
        told, begun = last_step(run), starts(run)
        self.runs.resume(run.id)
        wait(lambda: len(starts(run)) > len(begun) or self.runs.status(run).state == "ended", "the run goes on")
        self.finish(run)
        new = starts(run)[len(begun) :]
        return Loss(told, new[0] if new else told)

    def finish(self, run: RunFolder) -> None:
        """Wait for the end of a run, and of its worker."""
        wait(lambda: self.runs.status(run).state == "ended", f"run {run.id} ends; it is {self.runs.status(run)}")
        wait(lambda: not self.runs._workers.alive(run.id), "the worker ends")

    def check(self, run: RunFolder) -> None:
        """The run came to the bits of one that was never disturbed, and the other one is as it was."""
        status = self.runs.status(run)
        assert (status.state, status.reason) == ("ended", "finished"), status
        assert weights_digest(run) == reference(), "other weights"
        self.check_others()

    def check_others(self) -> None:
        """Nothing of the other run was touched."""
        assert digests(self._other.path) == self._bystander, "another run was touched"

    def sleep(self, shortest: float, longest: float) -> None:
        """A random while."""
        time.sleep(self.rng.uniform(shortest, longest))


def digests(folder: Path) -> dict[str, str]:
    """Every file of a folder by its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def events(run: RunFolder) -> list[dict[str, Any]]:
    """All events that can be read."""
    return EventReader(run.events_file).read()


def starts(run: RunFolder) -> list[int]:
    """The steps from which a process began or went on."""
    return [int(event["step"]) for event in events(run) if event.get("event") == "RunStarted"]


def last_step(run: RunFolder) -> int:
    """The last step that was told since the run began or was continued."""
    step = 0
    for event in events(run):
        with contextlib.suppress(KeyError, TypeError, ValueError, IndexError):
            told = event["step"]
            step = int(told[-1] if isinstance(told, list) else told)
    return step


def in_session(leader: int) -> list[int]:
    """Processes of a worker's session that live, the worker included. Linux."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            state, _, _, session, *_ = path.read_text().rpartition(")")[2].split()
            if int(session) == leader and state not in "XZ":
                found.append(int(path.parent.name))
    return found


def zombies() -> list[int]:
    """Children of this process that have ended and that nobody has waited for."""
    own = Path(f"/proc/self/task/{Path('/proc/thread-self').resolve().name}/children")
    found = []
    for pid in own.read_text().split() if own.exists() else []:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                found.append(int(pid))
    return found


class Server:
    """`Runs` in a process of its own, as the page's server is: asked in lines of JSON (server.py)."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "tests.faults.server", str(root)]
        self.process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def ask(self, method: str, *arguments: object, **named: object) -> Any:
        """What a method of Runs answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([method, arguments, named]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        """In whatever way is left."""
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def server(root: Path) -> Iterator[Server]:
    """One that is ended afterwards."""
    made = Server(root)
    try:
        yield made
    finally:
        made.end()
