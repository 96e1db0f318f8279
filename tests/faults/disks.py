"""The disk is full, or can only be read."""

import contextlib
import os
import signal
from pathlib import Path

import pytest

from dashboard.running.room import FEWEST_BYTES, free_bytes
from dashboard.running.troubles import troubles
from engine.rundir import RunError
from tests.faults.mounts import fill, mounted_read_only, small_disk
from tests.faults.scene import CONFIG, EPOCH, Loss, Scene, last_step, starts, wait


def full_disk(scene: Scene) -> Loss:
    """The disk fills up while a run trains, and gets room again: the run ends as if nothing had been."""
    with small_disk(12) as root, Scene(root / "runs", scene.rng.randrange(10**6)) as inner:
        run = inner.start()
        inner.sleep(0, 0.5)
        ballast = root / "ballast"
        fill(ballast)
        status = inner.runs.status(run)
        if status.state != "ended":
            wait(lambda: any("The disk is full" in each for each in troubles(run, inner.runs.status(run)))
                 or inner.runs.status(run).state == "ended", "it is said")  # fmt: skip
        inner.runs.command(run.id, wish="paused")  # a run can be commanded nevertheless
        inner.runs.command(run.id, wish="running")
        if inner.runs._workers.alive(run.id):
            wait(lambda: _refused(inner, root / "more"), "another run is refused")
        inner.sleep(0, 2)
        ballast.unlink()
        inner.finish(run)
        inner.check(run)
        assert not troubles(run, inner.runs.status(run))
        wait(lambda: last_step(run) >= 4 * EPOCH, "all events are written in the end")
    return Loss(0, 0)


def _refused(scene: Scene, more: Path) -> bool:
    """Whether another run is, when the disk is filled up again: snapshots give way to the newest weights."""
    fill(more)
    try:
        scene.runs.start(CONFIG)
    except RunError as error:
        return "saving this run takes" in str(error)
    return False


def full_disk_and_kill(scene: Scene) -> Loss:
    """The disk is full, and the worker is killed: what was saved before is safe, and the run goes on from there."""
    with small_disk(12) as root, Scene(root / "runs", scene.rng.randrange(10**6)) as inner:
        run = inner.start(steps=600)
        ballast = root / "ballast"
        fill(ballast)
        inner.sleep(0, 0.3)
        pid = inner.pid(run)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait(lambda: not inner.runs._workers.alive(run.id), "it is gone")
        if inner.is_interrupted(run):
            with contextlib.suppress(RunError):
                inner.runs.resume(run.id)
                wait(lambda: not inner.runs._workers.alive(run.id) or inner.runs.status(run).busy, "it ends or trains")
            said = troubles(run, inner.runs.status(run))
            assert any("The disk is full" in each for each in said) or free_bytes(run.path) >= FEWEST_BYTES
        ballast.unlink()
        told = last_step(run)
        if inner.is_interrupted(run):
            inner.go_on(run)
        inner.finish(run)
        inner.check(run)
        return Loss(told, min(starts(run)[1:], default=told))


def read_only(scene: Scene) -> Loss:
    """The folder of a run can only be read, in training and after: it is said, and nothing is lost."""
    run = scene.start()
    with mounted_read_only(run.path):
        status = scene.runs.status(run)
        if status.busy:
            assert any("only be read" in each for each in troubles(run, status)), troubles(run, status)
            scene.sleep(0, 1)
            with contextlib.suppress(ProcessLookupError):  # at its end it gives up by itself
                os.kill(scene.pid(run), signal.SIGKILL)
            wait(lambda: scene.is_interrupted(run), "it is seen")
        with pytest.raises(RunError, match=r"Read-only|trained already"):
            scene.runs.resume(run.id)
    if scene.is_interrupted(run):
        loss = scene.go_on(run)
        scene.check(run)
        return loss
    return Loss(0, 0)
