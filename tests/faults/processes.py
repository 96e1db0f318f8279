"""The worker or the server is killed or halted."""

import contextlib
import functools
import os
import signal

from dashboard.running.troubles import interruption, troubles
from engine.rundir import RunFolder
from tests.faults.scene import CONFIG, EPOCH, Loss, Scene, in_session, last_step, server, starts, wait, zombies


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
    run, pid = _suspended(scene)
    status = scene.runs.status(run)
    assert any("suspended" in each for each in troubles(run, status)), troubles(run, status)
    scene.sleep(0.5, 3)
    os.kill(pid, signal.SIGCONT)
    scene.finish(run)
    scene.check(run)
    assert starts(run) == [0], "it was begun again"
    return Loss(0, 0)


def _suspended(scene: Scene) -> tuple[RunFolder, int]:
    """A run whose worker was halted in the middle, and that worker. On a quick machine one may be over before."""
    for _ in range(10):
        run = scene.start()
        scene.sleep(0, 0.5)
        pid = scene.pid(run)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            wait(functools.partial(_halted, scene, run), "it is halted")
            if scene.runs.status(run).busy:
                return run, pid
            os.kill(pid, signal.SIGCONT)
        scene.finish(run)
    raise AssertionError("ten runs were over before they could be suspended")


def _halted(scene: Scene, run: RunFolder) -> bool:
    """Its worker is, or has ended."""
    return run.worker_suspended() or not scene.runs._workers.alive(run.id)


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
