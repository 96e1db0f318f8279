"""Each fault as a function of a scene: it disturbs a run in training, and raises where too much is lost.

It returns what was trained again. The scene is random; a seed repeats it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.running.room import FEWEST_BYTES, free_bytes
from dashboard.running.troubles import interruption, notes, troubles
from engine.rundir import RunError, RunFolder
from engine.snapshots import snapshots
from tests.faults.scene import (
    CONFIG,
    LONG,
    Loss,
    Scene,
    in_session,
    last_step,
    reference,
    server,
    starts,
    wait,
    weights_digest,
    zombies,
)

Fault = Callable[[Scene], Loss]
EPOCH = 500  # steps of CONFIG's epochs
FILES = ("config.json", "control.json", "events.jsonl", "worker.json", "worker.log", "latest.npz", "best.npz",
         "snapshot", "all snapshots", "about.json")  # fmt: skip


class CannotTry(Exception):  # noqa: N818  (it is no error of the program)
    """This machine or this user cannot make such a fault."""


def kill_worker(scene: Scene) -> Loss:
    """SIGKILL of the worker at a random moment, with all that it has forked."""
    run = scene.start()
    scene.sleep(0, 1.2)
    pid = scene.pid(run)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait(lambda: scene.runs.status(run).state in ("interrupted", "ended"), "it is seen")
    wait(lambda: not in_session(pid), "no orphan")
    if not scene.is_interrupted(run):
        scene.check(run)
        return Loss(0, 0)
    wait(lambda: "signal 9" in scene.runs.failure(run), "it is said")
    assert "Continue" in interruption(run, scene.runs.failure(run))
    loss = scene.go_on(run)
    scene.check(run)
    assert loss.steps <= EPOCH, f"{loss.steps} steps lost"
    assert not zombies()
    return loss


def kill_server(scene: Scene) -> Loss:
    """SIGKILL of the server: its workers save and end; the next one shows the run as interrupted, and continues it."""
    with server(scene.root) as first:
        run = RunFolder(scene.root / first.ask("start", CONFIG.to_json()))
        wait(lambda: last_step(run) > 0, "the run trains")
        scene.sleep(0, 0.8)
        pid = scene.pid(run)
        first.process.kill()
        first.process.wait()
        wait(lambda: not in_session(pid), "its worker ends")
        told = last_step(run)
    if scene.runs.status(run).state == "ended":
        scene.check(run)
        return Loss(0, 0)
    assert scene.is_interrupted(run)
    loss = scene.go_on(run)
    scene.check(run)
    assert loss.from_step >= told, "the worker did not save before it ended"
    return loss


def suspend_worker(scene: Scene) -> Loss:
    """SIGSTOP of the worker for a while: it is said, and afterwards the run goes on by itself."""
    run = scene.start()
    scene.sleep(0, 0.5)
    pid = scene.pid(run)
    os.kill(pid, signal.SIGSTOP)
    if scene.runs._workers.alive(run.id):
        wait(run.worker_suspended, "it is halted")
        if (status := scene.runs.status(run)).busy:
            assert any("suspended" in each for each in troubles(run, status)), troubles(run, status)
    scene.sleep(0.5, 3)
    os.kill(pid, signal.SIGCONT)
    scene.finish(run)
    scene.check(run)
    assert starts(run) == [0], "it was begun again"
    return Loss(0, 0)


def suspend_server(scene: Scene) -> Loss:
    """SIGSTOP of the server for a while: its runs train on meanwhile."""
    with server(scene.root) as first:
        run = RunFolder(scene.root / first.ask("start", CONFIG.to_json()))
        wait(lambda: last_step(run) > 0, "the run trains")
        first.process.send_signal(signal.SIGSTOP)
        wait(lambda: scene.runs.status(run).state == "ended", "it ends meanwhile")
        first.process.send_signal(signal.SIGCONT)
        wait(lambda: first.ask("status", run.id) == "ended", "the server sees it")
    scene.check(run)
    return Loss(0, 0)


def change_clock(scene: Scene) -> Loss:
    """The clock jumps: what a heartbeat's file says is a day or a year off, in either direction."""
    run = scene.start()
    for _ in range(5):
        strange = time.time() + scene.rng.choice((-1, 1)) * scene.rng.choice((60, 86_400, 3e7))
        with contextlib.suppress(OSError):
            os.utime(run.worker_file, (strange, strange))
        state = scene.runs.status(run).state
        assert state in ("running", "ended"), state
        scene.sleep(0, 0.3)
    scene.finish(run)
    scene.check(run)
    assert starts(run) == [0]
    return Loss(0, 0)


def close_page(scene: Scene) -> Loss:
    """Nobody looks any more: the run goes on to its end."""
    with server(scene.root) as first:
        run = RunFolder(scene.root / first.ask("start", CONFIG.to_json()))
        wait(lambda: run.final.exists(), "it ends")  # the server is not asked again
    scene.check(run)
    return Loss(0, 0)


def two_pages(scene: Scene) -> Loss:
    """Two servers command one run at once, at random; then both want it to go on, and it does, under one worker."""
    run = scene.start(LONG)
    pid = scene.pid(run)
    with server(scene.root) as second:
        for turn in range(12):
            rate = scene.rng.choice((0.001, 0.002))
            wish = scene.rng.choice(("running", "paused"))
            if scene.rng.random() < 0.5:
                scene.runs.command(run.id, wish=wish)
                second.ask("change", run.id, {"optimizer.learning_rate": rate + turn / 1e6})
            else:
                second.ask("command", run.id, wish=wish)
                scene.runs.change(run.id, {"batch_size": scene.rng.choice((8, 16))})
        assert run.control().settings.keys() == {"optimizer.learning_rate", "batch_size"}, "a change was lost"
        second.ask("command", run.id, wish="running", until_step=None)
        here = last_step(run)
        wait(lambda: last_step(run) > here, "it goes on")
        assert "trained already" in second.ask("resume", run.id)
        assert scene.pid(run) == pid
        second.ask("command", run.id, wish="stopped")
        scene.finish(run)
    scene.check_others()
    return Loss(0, 0)


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
            fill(root / "more")  # snapshots have given way to the newest weights
            with pytest.raises(RunError, match="saving this run takes"):
                inner.runs.start(CONFIG)
        inner.sleep(0, 2)
        ballast.unlink()
        inner.finish(run)
        inner.check(run)
        assert not troubles(run, inner.runs.status(run))
        wait(lambda: last_step(run) >= 4 * EPOCH, "all events are written in the end")
    return Loss(0, 0)


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


def damage(name: str) -> Fault:
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


FAULTS: dict[str, Fault] = {
    "worker killed (SIGKILL)": kill_worker,
    "server killed (SIGKILL)": kill_server,
    "worker suspended (SIGSTOP)": suspend_worker,
    "server suspended (SIGSTOP)": suspend_server,
    "clock changed": change_clock,
    "page closed": close_page,
    "two pages command one run": two_pages,
    "disk full for a while": full_disk,
    "disk full, worker killed": full_disk_and_kill,
    "folder read-only": read_only,
    "file damaged in training": damage_while_it_trains,
    **{f"{name} damaged": damage(name) for name in FILES},
}


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


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system in memory with so much room. Raises CannotTry where none can be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        _mount("-t", "tmpfs", "-o", f"size={megabytes}M", "tmpfs", folder)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)


@contextlib.contextmanager
def mounted_read_only(folder: Path) -> Iterator[None]:
    """The folder, as if its disk could only be read; files that are open stay as they are."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mount(*options: str) -> None:
    if sys.platform != "linux":
        raise CannotTry("needs Linux")
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTry(f"nothing can be mounted here: {done.stderr.strip()}")


def fill(path: Path) -> None:
    """Write until there is no room for another byte."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
