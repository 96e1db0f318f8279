"""What people and their clocks do: the time jumps, the page is closed, two pages command one run."""

import contextlib
import os
import time

from engine.rundir import RunFolder
from tests.faults.scene import CONFIG, LONG, Loss, Scene, last_step, server, starts, wait


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
