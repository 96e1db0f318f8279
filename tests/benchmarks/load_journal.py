"""What was seen so far, a line of JSON each, on the disk at once: an hour's figures outlive whatever ends the hour."""

import json
import time
from pathlib import Path
from typing import Any


class Journal:
    """Appends to a file; does nothing without one.

    {"kind": "sample" | "seconds" | "problem" | "page" | "round" | "report", "time": of the clock, ..}
    """

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def note(self, kind: str, **told: Any) -> None:
        """One line."""
        if self._file is not None:
            print(json.dumps({"kind": kind, "time": time.time(), **told}), file=self._file, flush=True)

    def close(self) -> None:
        """No more lines."""
        if self._file is not None:
            self._file.close()
