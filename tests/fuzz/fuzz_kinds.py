"""The kinds of input that are tried."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import fuzz_data
import fuzz_links
import fuzz_runs
import fuzz_settings
import fuzz_travel
from fuzz_guard import SECONDS
from fuzz_traps import TRAPS, trap


@dataclass(frozen=True)
class Kind:
    """attempt: makes an input from `rng`, in a folder of its own if it is a file, and reads it.

    It returns if that works and what came out is sound, and raises an error of the engine if it is refused.
    """

    name: str
    what: str
    attempt: Callable[[Random, Path], None]
    trap: bool = False  # does what it must not, to try the guard
    seconds: float = SECONDS  # of processor time that an input may take


KINDS = {
    kind.name: kind
    for kind in (
        Kind("config", "config.json of runs", fuzz_settings.config_file),
        Kind("set", "texts of --set", fuzz_settings.assignments),
        Kind("live", "live changes of settings", fuzz_settings.live),
        Kind("checkpoint", "checkpoints, and going on from them", fuzz_runs.checkpoint),
        Kind("travel", "runs that somebody sends", fuzz_travel.run_file),
        Kind("events", "events.jsonl", fuzz_runs.event_file),
        Kind("files", "control, worker and about files", fuzz_runs.small_files),
        Kind("run", "?run= in links", fuzz_links.run_name),
        Kind("link", "?s= in links: settings", fuzz_links.settings_link),
        Kind("challenge", "challenges in links", fuzz_links.challenge_link),
        Kind("claim", "codes that are handed in", fuzz_links.claim_code),
        Kind("tab", "what a browser kept of drawings", fuzz_links.tab_memory),
        Kind("picture", "pictures to be read", fuzz_data.picture),
        Kind("archive", "zips and folders of pictures", fuzz_data.archive),
        Kind("matlab", "MATLAB 5", fuzz_data.matlab),
        Kind("idx", "IDX, plain and packed", fuzz_data.idx),
        Kind("npz", ".npz data", fuzz_data.npz),
        Kind("csv", "CSV", fuzz_data.table),
        Kind("other", "files of other or no format", fuzz_data.other),
        Kind("hand", "files of a person's hand", fuzz_data.hand_file),
        *(Kind(f"trap-{name}", "what must be noticed", trap(name), True, 0.3) for name in TRAPS),
    )
}
