"""Each fault as a function of a scene: it disturbs a run in training, and raises where too much is lost.

It returns what was trained again. The scene is random; a seed repeats it.
"""

from collections.abc import Callable

from tests.faults import damages, disks, people, processes
from tests.faults.mounts import CannotTry
from tests.faults.scene import Loss, Scene

__all__ = ["FAULTS", "CannotTry", "Fault"]

Fault = Callable[[Scene], Loss]

FAULTS: dict[str, Fault] = {
    "worker killed (SIGKILL)": processes.kill_worker,
    "server killed (SIGKILL)": processes.kill_server,
    "worker suspended (SIGSTOP)": processes.suspend_worker,
    "server suspended (SIGSTOP)": processes.suspend_server,
    "clock changed": people.change_clock,
    "page closed": people.close_page,
    "two pages command one run": people.two_pages,
    "disk full for a while": disks.full_disk,
    "disk full, worker killed": disks.full_disk_and_kill,
    "folder read-only": disks.read_only,
    "file damaged in training": damages.damage_while_it_trains,
    **{f"{name} damaged": damages.damage(name) for name in damages.FILES},
}
