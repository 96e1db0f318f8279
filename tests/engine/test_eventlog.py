"""The events of a run: written whole, and read past damage."""

import pytest

from engine.eventlog import EventWriter
from engine.files import Attempts
from engine.rundir import EventReader, tail_events
from tests.engine.watching import append


def test_a_reader_gives_each_event_once_and_waits_for_the_end_of_a_line(run):
    reader = EventReader(run.events_file)
    assert reader.read() == []  # there is no file yet
    append(run, {"event": "a"}, {"event": "b"})
    assert [event["event"] for event in reader.read()] == ["a", "b"]
    assert reader.read() == []
    with run.events_file.open("a") as file:
        file.write('{"event": "c", "te')
    assert reader.read() == []
    with run.events_file.open("a") as file:
        file.write('xt": "é"}\n')
    assert reader.read() == [{"event": "c", "text": "é"}]


def test_damaged_lines_do_not_hide_the_others(run):
    run.events_file.write_bytes(
        b'{"event": "a"}\n\n{"event": \n\xff\xfe\x00\nnull\n[1]\n"text"\n' + b"[" * 100_000 + b'\n{"event": "b"}\n'
    )
    wanted = [{"event": "a"}, {"event": "b"}]
    assert EventReader(run.events_file).read() == wanted
    assert list(tail_events(run.events_file)) == wanted[::-1]


@pytest.mark.parametrize("size", [1, 10, 100, 1000, 100_000])
def test_the_tail_gives_whole_events_newest_first_whatever_its_size(run, size):
    events = [{"event": "Batches", "step": list(range(number))} for number in range(60)]
    append(run, *events)
    with run.events_file.open("a") as file:
        file.write('{"event": "half')
    found = list(tail_events(run.events_file, size))
    assert found
    assert found == events[::-1][: len(found)]


def test_events_that_cannot_be_written_are_written_later_in_whole_lines(run, capsys):
    """A disk that is full for a while takes a part of a line, then nothing, then all."""
    writer = EventWriter(run.events_file, Attempts())
    file = writer._file

    class Full:
        room = 25

        def write(self, data):
            if not self.room:
                raise OSError(28, "No space left on device")
            taken, self.room = data[: self.room], max(self.room - len(data), 0)
            return file.write(taken)

        def close(self):
            file.close()

    writer._file = Full()
    for number in range(3):
        writer.write({"event": "a", "number": number})
    assert EventReader(run.events_file).read() == []
    assert capsys.readouterr().err == "warning: events cannot be written: No space left on device.\n"
    writer._file.room = 1000
    writer.write({"event": "a", "number": 3})
    writer.close()
    assert [event["number"] for event in EventReader(run.events_file).read()] == [0, 1, 2, 3]


def test_a_writer_begins_a_new_line_after_one_that_was_cut_short(run):
    run.events_file.write_bytes(b'{"event": "a"}\n{"event": "b')
    writer = EventWriter(run.events_file, Attempts())
    writer.write({"event": "c"})
    writer.close()
    assert [event["event"] for event in EventReader(run.events_file).read()] == ["a", "c"]
