"""Crews: threads and processes do the same work, with the same bits, and leave nothing behind."""

import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from engine.parallel import ThreadCrew, make_crew, shares

FORKS = sys.platform == "linux" and type(make_crew(2, processes=True)).__name__ == "ProcessCrew"
needs_processes = pytest.mark.skipif(not FORKS, reason="crews of processes need Linux on x86_64 and two cores")


@pytest.mark.skipif(not FORKS, reason="processes need Linux on x86-64")
def test_processes_need_a_core_each(monkeypatch):
    for cores, kind in ((1, "ThreadCrew"), (2, "ProcessCrew"), (3, "ProcessCrew")):
        monkeypatch.setattr("engine.parallel._cores", lambda cores=cores: cores)
        assert type(make_crew(2, processes=True)).__name__ == kind


def run_alone(program):
    """In an interpreter of its own: forking the tests' own process, which has threads, is not what crews are for."""
    code = textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_shares_are_whole_and_nearly_equal():
    assert shares(10, 3) == [slice(0, 3), slice(3, 6), slice(6, 10)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_threads_add_up_what_each_part_brings(count):
    crew = ThreadCrew(count)

    def work(index, start):
        first = crew.parts[index].total(np.array([start + index], np.float32))
        second = crew.parts[index].total(first * (index + 1))
        return float(first[0]), float(second[0])

    together = crew.share(work)
    crew.start()
    # first = sum of 10 + i;  second = first * (1 + ... + count)
    first = sum(10 + index for index in range(count))
    assert together(10) == [(first, first * sum(range(1, count + 1)))] * count
    crew.close()


def test_a_failing_thread_is_told_and_does_not_hang_the_others():
    crew = ThreadCrew(2)

    def work(index, bad):
        if index == bad:
            raise ValueError("broken on purpose")
        return (float(crew.parts[index].total(np.ones(1))[0]),)

    together = crew.share(work)
    crew.start()
    for bad in (0, 1):
        with pytest.raises(ValueError, match="on purpose"):
            together(bad)
    crew.close()


PROCESSES = """
    import numpy as np
    from engine.parallel import make_crew
    crew = make_crew(2, processes=True)
    memory = crew.empty((4,), np.float32)
    def work(index, start, text):
        total = crew.parts[index].total(np.array([start + index], np.float32))
        memory[index] = total[0] * len(text)
        if text == "fail" and index == 1:
            raise ValueError("broken on purpose")
        return (float(total[0]),)
    together = crew.share(work)
    crew.start()
"""


@needs_processes
def test_processes_add_up_and_share_memory():
    told = run_alone(PROCESSES + "    print([together(n, 'abc') for n in range(3)], memory.tolist()); crew.close()")
    # 0 + 1, 1 + 2, 2 + 3; the last times three letters
    assert told == "[[(1.0,), (1.0,)], [(3.0,), (3.0,)], [(5.0,), (5.0,)]] [15.0, 15.0, 0.0, 0.0]"


@needs_processes
def test_processes_add_up_the_sums_of_a_large_flattened_image():
    told = run_alone(
        PROCESSES.replace(
            "total = crew.parts[index].total(np.array([start + index], np.float32))",
            "total = crew.parts[index].total(np.full((2, 28 * 28 * 512), start + index, np.float32))[0]",
        )
        + "    print(together(1, 'abc'))"
    )
    assert told == "[(3.0,), (3.0,)]"  # 1 + 2, in two rows of 401,408 features


@needs_processes
def test_a_failing_process_is_told_with_its_reason():
    told = run_alone(
        PROCESSES
        + """
    try:
        together(1, "fail")
    except RuntimeError as error:
        print("broken on purpose" in str(error), crew._children)
    """
    )
    assert told == "True []"


@needs_processes
def test_a_killed_process_is_noticed():
    told = run_alone(
        PROCESSES
        + """
    import os, signal
    os.kill(crew._children[0], signal.SIGKILL)
    try:
        together(1, "abc")
    except RuntimeError as error:
        print("ended unexpectedly" in str(error))
    """
    )
    assert told == "True"


@needs_processes
def test_no_process_outlives_its_parent():
    program = textwrap.dedent(
        PROCESSES + "    print(crew._children[0], flush=True)\n    import time\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert exists(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while exists(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not exists(child)


def exists(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_processes
def test_processes_train_to_the_same_bits_as_threads():
    program = """
    import hashlib, sys
    import numpy as np
    from engine.config import TrainingConfig
    from engine.datasets.base import Dataset, split
    from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, ReLU
    from engine.trainer import Trainer
    layers = (Conv(channels=4), BatchNorm(), ReLU(), MaxPool(), Flatten(), Dropout(), Dense(units=10))
    config = TrainingConfig(layers=layers, batch_size=20, epochs=2, parts=2, average=0.9, clip_norm=1.0)
    config = config.with_values({"augmentation": ["Shift", "Noise"]})
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (150, 12, 12), np.uint8), rng.integers(0, 10, 150).astype(np.uint8)
    data = split(Dataset("random", images, labels, images[:30], labels[:30]), 1, 100, 40)
    for processes in (False, True):
        trainer = Trainer(config, data, processes=processes)
        digest = hashlib.sha256()
        for event in trainer.run():
            digest.update(repr(event).encode())
            if event.step == 3:
                trainer.change(config.with_values({"layers.5.drop": 0.2, "optimizer.learning_rate": 0.01}))
        for array in (*trainer.kept.params.values(), *trainer.kept.tracked.values(), *trainer.kept.average.values()):
            digest.update(array.tobytes())
        print(digest.hexdigest())
        trainer.close()
    """
    threads, processes = run_alone(program).split()
    assert threads == processes
