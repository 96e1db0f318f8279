"""Deleting a run's folder: out of sight in one move, so that nobody meets half a run, then bit by bit."""

import contextlib
import secrets
import shutil
import threading
from pathlib import Path

from engine.files import FULL
from engine.rundir import RunFolder

NAME = ".deleted"  # a folder of folders that are being removed; no run can have this name
_LOCK = threading.Lock()  # nobody may remove that folder while another is about to move a run into it


def put_aside(run: RunFolder) -> None:
    """Move a run's folder to where no list of runs finds it. Raises OSError."""
    trash = run.path.parent / NAME
    with _LOCK:
        try:
            trash.mkdir(exist_ok=True)
            run.path.rename(trash / f"{run.id}-{secrets.token_hex(4)}")
        except OSError as error:
            if error.errno not in FULL:
                raise
            run.config_file.unlink()  # a disk that is full has no room for a folder; without a config it is no run
            shutil.rmtree(run.path, ignore_errors=True)


def empty(root: Path) -> None:
    """Remove what was put aside, now or earlier: a file in use may have stayed."""
    trash = root / NAME
    with contextlib.suppress(OSError):  # somebody else may be at it too
        for path in trash.iterdir():
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path, ignore_errors=True)
        with _LOCK:
            trash.rmdir()
