"""Files of a run are damaged, while it trains or between."""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from dashboard.running.troubles import notes
from engine.rundir import RunError, RunFolder
from engine.snapshots import snapshots
from tests.faults.scene import Loss, Scene, last_step, reference, wait, weights_digest

FILES = ("config.json", "control.json", "events.jsonl", "worker.json", "worker.log", "latest.npz", "best.npz",
         "snapshot", "all snapshots", "about.json")  # fmt: skip


def damage(name: str) -> Callable[[Scene], Loss]:
    """One file of an interrupted run is damaged at a random place, or cut short, or emptied; then it is continued."""

    def fault(scene: Scene) -> Loss:
        run = scene.start(steps=scene.rng.randrange(100, 1_900))
        os.kill(scene.pid(run), signal.SIGKILL)
        wait(lambda: scene.runs.status(run).state in ("interrupted", "ended"), "it is seen")
        if not scene.is_interrupted(run):
            return Loss(0, 0)
        told, newest = last_step(run), max((each.step for each in snapshots(run)), default=0)
        files = _chosen(run, name, scene)
        for path in files:
            spoil(path, scene)
        loss = scene.go_on(run)
        scene.check(run)
        if name == "latest.npz" and loss.from_step < newest:
            assert any("went on from the snapshot" in each for each in notes(run)), notes(run)
        return Loss(told, loss.from_step)

    fault.__doc__ = f"{name} of an interrupted run is damaged at a random place, cut short or emptied."
    return fault


def damage_while_it_trains(scene: Scene) -> Loss:
    """Settings, commands, heartbeat and events are damaged while the run trains: it goes on, and can be commanded."""
    run = scene.start()
    name = scene.rng.choice(("config.json", "control.json", "worker.json", "events.jsonl"))
    spoil(run.path / name, scene)
    scene.sleep(0, 0.3)
    if scene.runs._workers.alive(run.id):
        with contextlib.suppress(RunError):
            scene.runs.command(run.id, wish="paused")
            scene.runs.command(run.id, wish="running")
    wait(lambda: run.final.exists(), f"the run ends though {name} was damaged")
    wait(lambda: not scene.runs._workers.alive(run.id), "its worker ends")
    assert weights_digest(run) == reference(), "other weights"
    scene.check_others()
    return Loss(0, 0)


def _chosen(run: RunFolder, name: str, scene: Scene) -> list[Path]:
    kept = [each.path for each in snapshots(run)]
    if name == "snapshot":
        return [scene.rng.choice(kept)] if kept else []
    if name == "all snapshots":
        return [path for path in kept if path.stat().st_ino != run.latest.stat().st_ino]
    return [run.path / name]


def spoil(path: Path, scene: Scene) -> None:
    """Other bytes at a random place, fewer of them, none, or something else altogether."""
    data = path.read_bytes() if path.exists() else b""
    rng, kind = scene.rng, scene.rng.choice(("bytes", "cut", "empty", "noise", "zeros"))
    if kind == "bytes" and data:
        place = rng.randrange(len(data))
        path.write_bytes(data[:place] + rng.randbytes(min(16, len(data) - place)) + data[place + 16 :])
    elif kind == "cut" and data:
        path.write_bytes(data[: rng.randrange(len(data))])
    elif kind == "zeros":
        path.write_bytes(bytes(len(data)))
    else:
        path.write_bytes(b"" if kind == "empty" else rng.randbytes(max(len(data), 50)))
