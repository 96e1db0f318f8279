"""What a person can want of the shown run, and keeping the sidebar and the run in agreement.

Every function here is the callback of a button, or is called once in a full run of the page.
"""

import contextlib
import math
import secrets
from typing import Any

from dashboard import session
from dashboard.language import say, translated
from dashboard.sharing import expectation
from engine.about import read_about
from engine.checkpoint import CheckpointError, read_checkpoint
from engine.config import TrainingConfig, differences
from engine.history import History
from engine.rundir import RunError, RunFolder
from engine.snapshots import snapshots
from engine.spec import SettingError

MOST_TRIES = 100  # to delete a run, some 30 seconds
SEEDS = 10_000  # new seeds are below it: short enough to be told to somebody


def train(until_step: int | None = None, until_epoch: float | None = None) -> None:
    """Start a run of what the sidebar shows, and show it. It pauses at a step or an epoch, where one is given."""
    shown, config = session.shown(), session.draft().config
    runs = session.runs()
    try:
        run = runs.start(config, until_step, expectation.about())
        if until_epoch is not None or shown.speed:
            runs.command(run.id, until_epoch=until_epoch, steps_per_second=shown.speed)
    except RunError as error:
        shown.problem = str(error)
        return
    take_over(run, config)


def take_over(run: RunFolder, config: TrainingConfig) -> None:
    """Show a run that was just started with this config, and bring the whole page up to date."""
    shown = session.shown()
    session.show(run.id)
    shown.loaded, shown.seen, shown.stale = run.id, config, True
    shown.started.add(run.id)


def go_on() -> None:
    """Continue an interrupted run."""
    shown = session.shown()
    shown.problem = ""
    try:
        session.runs().resume(shown.run_id or "")
    except RunError as error:
        shown.problem = str(error)


def resume() -> None:
    """Train on, without another pause on the way."""
    _train_on()


def pause() -> None:
    """Halt after the batch that is under way."""
    _command(wish="paused")


def stop() -> None:
    """End the run."""
    _command(wish="stopped")


def one_batch() -> None:
    """Make one step, and pause."""
    if (history := _history()) is not None:
        _train_on(until_step=history.step + 1)


def one_epoch() -> None:
    """Train to the end of the epoch that is under way, or of the next one, and pause."""
    if (history := _history()) is not None:
        _train_on(until_epoch=next_epoch(history.epoch))


def _history() -> History | None:
    """Of the shown run, up to now."""
    try:
        return session.runs().history(session.runs().open(session.shown().run_id or ""))
    except RunError as error:
        session.shown().problem = str(error)
        return None


def next_epoch(epoch: float) -> float:
    """Where the next epoch ends: 1.0 from 0.3, 2.0 from 1.0."""
    return math.floor(epoch + 1e-6) + 1.0


def set_speed(steps_per_second: float) -> None:
    """Slow motion from now on, also for runs that are started later; 0: as fast as it goes."""
    session.shown().speed = steps_per_second
    if session.shown().run_id is not None:
        _command(steps_per_second=steps_per_second)


def reset() -> None:
    """The same start again: a new run of the same settings and seed, which waits at step 0."""
    give_up()
    train(until_step=0)


def new_seed() -> None:
    """Another seed, and with it another start; what is shown is reset to it."""
    draft = session.draft()
    seed = secrets.randbelow(SEEDS)
    draft.put("seed", seed if seed != draft.rest.seed else (seed + 1) % SEEDS)
    session.shown().stale = True
    if session.shown().run_id is not None:
        reset()


def give_up() -> None:
    """Stop the shown run if it trains. One that was started here and has not made a step yet can be cleared away."""
    shown, runs = session.shown(), session.runs()
    with contextlib.suppress(RunError):  # it is gone already
        run = runs.open(shown.run_id or "")
        if not runs.status(run).going:
            return
        runs.command(run.id, wish="stopped")
        if run.id in shown.started and runs.history(run).step == 0:
            shown.untouched[run.id] = 0


def clear_away() -> None:
    """Delete the runs that were given up before their first step, as soon as their workers have let go of them."""
    untouched = session.shown().untouched
    for run_id, tries in list(untouched.items()):
        untouched[run_id] += 1
        if _is_settled(run_id) or tries >= MOST_TRIES:
            del untouched[run_id]


def _is_settled(run_id: str) -> bool:
    """Whether a run that was given up is gone now, or stays in the list of runs because somebody might miss it."""
    runs = session.runs()
    try:
        run = runs.open(run_id)
        about = read_about(run)
        if run.control().wish != "stopped" or about.name or about.note or about.starred or about.group:
            return True
        if runs.status(run).going:
            return False
        if has_learned(run, runs.history(run)):
            return True
    except RunError:
        return True
    with contextlib.suppress(RunError):  # its worker has not let go yet
        runs.delete(run_id)
        return True
    return False


def has_learned(run: RunFolder, history: History) -> bool:
    """Whether there is anything of a step in the folder. Events alone do not tell: they can be lost."""
    if history.step or run.best.exists() or run.final.exists() or any(each.step for each in snapshots(run)):
        return True
    try:
        return run.latest.exists() and read_checkpoint(run.latest).position.step > 0
    except CheckpointError:
        return True  # what is in it cannot be told


def undo(path: str, old: Any) -> None:
    """Give a live setting the value it had before, from the next batch on.

    The sidebar follows where it shows that setting as the run has it; where it shows a plan, that is left alone.
    """
    shown, draft = session.shown(), session.draft()
    shown.problem = ""
    try:
        session.runs().change(shown.run_id or "", {path: old})
        if shown.seen is not None:
            if _shows_the_same(shown.seen, draft.config, path):
                draft.load(draft.config.with_values({path: old}))
            shown.seen = shown.seen.with_values({path: old})
    except (RunError, SettingError) as error:
        shown.problem = str(error)
    shown.stale = True


def _shows_the_same(seen: TrainingConfig, draft: TrainingConfig, path: str) -> bool:
    """Whether nothing differs at this path, nor above it: a layer is another one where the kinds of layers differ."""
    here = f"{path}."
    there = [f"{change.path}." for change in differences(seen, draft)]
    return not any(here.startswith(each) or each.startswith(here) for each in there)


def continue_from(step: int) -> None:
    """A new run that goes on from the snapshot at this step, with the settings in the sidebar."""
    shown, config, runs = session.shown(), session.draft().config, session.runs()
    try:
        run = runs.fork(shown.run_id or "", step, config)
        if shown.speed:
            runs.command(run.id, steps_per_second=shown.speed)
    except ValueError as error:  # all of the engine's own errors are; each says in words what does not fit
        shown.problem = say(
            "It cannot go on from step {step:,} with these settings: {error}", step=step, error=translated(str(error))
        )
        return
    take_over(run, config)


def _train_on(until_step: int | None = None, until_epoch: float | None = None) -> None:
    """Who wants the run to go on wants to see it: the page leaves the moment to which it was rewound."""
    session.shown().at_step = None
    _command(wish="running", until_step=until_step, until_epoch=until_epoch)


def _command(**wishes: object) -> None:
    shown = session.shown()
    shown.problem = ""
    try:
        session.runs().command(shown.run_id or "", **wishes)
    except RunError as error:
        shown.problem = str(error)


def effective(run: RunFolder) -> TrainingConfig:
    """A run's settings with its live changes. Raises RunError, SettingError."""
    return run.config().with_values(run.control().settings)


def adopt(run: RunFolder) -> None:
    """Show the settings of a run that was just opened, or that another tab has changed. Raises RunError."""
    shown, draft = session.shown(), session.draft()
    settings = effective(run)
    untouched = shown.seen is not None and draft.config == shown.seen
    if shown.loaded != run.id or (untouched and settings != shown.seen):
        draft.load(settings)
        shown.loaded, shown.seen, shown.speed = run.id, settings, run.control().steps_per_second


def send_changes(run: RunFolder) -> list[str]:
    """Send what was changed in the sidebar to a run that trains.

    Returns the names of settings that cannot change while it does; then nothing is sent, for what was changed is
    a plan for another run.
    """
    shown, config = session.shown(), session.draft().config
    if shown.seen is None or config == shown.seen:
        return []
    changes = list(differences(shown.seen, config))
    fixed = [change.path for change in changes if not change.live]
    if not fixed:
        session.runs().change(run.id, {change.path: change.new for change in changes})
        shown.seen = config
    return fixed
