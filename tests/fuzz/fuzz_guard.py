"""What an input may do to the process that reads it: the hooks and limits that catch what it must not.

An audit hook sees every file that Python opens, every process it starts, every socket, every line of code it runs and
every class that a pickle names. Memory is limited by the operating system, processor time by an alarm that ends the
process: also code in C that never returns to Python is caught.
"""

import gc
import os
import resource
import signal
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 6.0  # of processor time for one input
MEMORY = 2 << 30  # bytes beyond what the process had when it began
PROJECT = Path(__file__).resolve().parents[2]

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOVES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
          "os.chown", "os.utime", "shutil.rmtree", "shutil.copyfile", "shutil.move", "tempfile.mkdtemp")  # fmt: skip
_FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
              "socket.connect", "socket.bind", "socket.getaddrinfo", "pickle.find_class",
              "ctypes.dlopen", "urllib.Request", "webbrowser.open", "os.kill", "signal.pthread_kill")  # fmt: skip


class Breach(BaseException):
    """An input made the process do what it must not. No Exception: who catches every one must not catch this."""


class Guard:
    """Watches from `watch` on; what is seen is in `seen`, since whoever reads may swallow the Breach."""

    def __init__(self, folder: Path) -> None:
        """folder: where inputs lie, and the only place that may be written to."""
        self.seen: list[str] = []
        self._on = False
        self._folder = os.path.realpath(folder) + os.sep
        libraries = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
        places = [*libraries, sys.prefix, sys.base_prefix, str(PROJECT)]
        self._readable = tuple(os.path.realpath(each) + os.sep for each in places)
        sys.addaudithook(self._hook)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Within it, breaches are noted and raised."""
        self.seen, self._on = [], True
        try:
            yield
        finally:
            self._on = False

    def _hook(self, event: str, details: tuple[Any, ...]) -> None:
        if not self._on:
            return
        problem = self._problem(event, details)
        if problem:
            self._on = False
            self.seen.append(problem)
            raise Breach(problem)

    def _problem(self, event: str, details: tuple[Any, ...]) -> str:
        if event == "open":
            return self._opened(*details)
        if event in _MOVES:
            paths = [each for each in details if isinstance(each, str | bytes | os.PathLike)]
            outside = [str(each) for each in paths if not self._inside(each)]
            return f"{event} outside its folder: {outside[0][:200]}" if outside else ""
        if event == "exec":
            file = details[0].co_filename
            return "" if file.startswith(self._readable) or "importlib" in file else f"ran code of {file}"
        return f"{event} {str(details)[:200]}" if event in _FORBIDDEN else ""

    def _opened(self, path: Any, mode: Any, flags: int) -> str:
        if isinstance(path, int) or self._inside(path):
            return ""
        writes = flags & _WRITES if isinstance(flags, int) else any(each in str(mode) for each in "wax+")
        shown = os.fsdecode(path)[:200]
        if writes:
            return f"wrote outside its folder: {shown}"
        known = os.path.realpath(os.fsdecode(path)).startswith((*self._readable, "/proc/", "/sys/", "/usr/", "/lib"))
        return "" if known and "/proc/self/environ" not in shown else f"read outside its folder: {shown}"

    def _inside(self, path: Any) -> bool:
        return (os.path.realpath(os.fsdecode(path)) + os.sep).startswith(self._folder)


@contextmanager
def limited_memory(more: int = MEMORY) -> Iterator[None]:
    """Within it the process gets so many bytes more than it has, and a MemoryError beyond."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, before[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Within it, the process ends by SIGPROF once it has used so much processor time."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def forget_peak() -> int:
    """Begin to measure the peak of the memory anew; bytes that are held now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _held("VmRSS")


def peak() -> int:
    """The most bytes held since `forget_peak`."""
    return _held("VmHWM")


def _held(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])
