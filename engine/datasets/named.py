"""The one way from a name in settings to a file: settings may come from anybody."""

from pathlib import Path

from engine.datasets.base import DataError
from engine.datasets.reading import newest_change
from engine.limits import any_path, may_read
from engine.places import own_folders


def named_file(name: str, what: str, others: tuple[str, ...] = (), folders: bool = False) -> tuple[Path, int]:
    """The file that settings name, and when it changed last, in nanoseconds.

    what: is looked for there, others: could be named instead (both for the message); folders: may be one, too.
    Raises DataError for no regular file, and for one that INKLING_PATHS=0 forbids to read.
    """
    path = Path(name)
    try:
        if not name or not may_read(path, own_folders()):
            raise FileNotFoundError  # what there is outside must not be told
        regular = path.is_file() or (folders and path.is_dir())  # no device, no pipe
        if not regular or path.resolve() in (Path.cwd(), Path(path.anchor)):
            raise FileNotFoundError
        return path, newest_change(path)
    except (OSError, ValueError):  # a name that is longer than names can be, or none at all
        kind = "a file or folder" if folders else "a file"
        found = f"the path of {kind}" if any_path() else "a file that was sent here"
        expected = f"{', '.join(others)}, or {found}" if others else found
        raise DataError(f"no {what} under {name[:200]!r}: expected {expected}.") from None
