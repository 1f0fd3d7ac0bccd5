"""Lines written by a thread: in order, never waited for, and counted where they cannot be written."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from care_platform.log_writer import LogWriter
from tests.support.waiting import PATIENCE, eventually

SIZE = 4096
LINE = "x" * 100


def started(descriptor: int, most: int = 10_000) -> LogWriter:
    writer = LogWriter(descriptor, lambda count: f"{count} dropped", most)
    writer.start()
    return writer


@contextmanager
def small_pipe() -> Iterator[tuple[int, int]]:
    """A pipe of one page. The thread of a writer to it may go on after the test, so its end stays open."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SIZE)
    yield reader, writer
    os.close(reader)


def test_lines_are_written_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with file.open("wb") as opened:
        writer = started(opened.fileno())
        for number in range(5_000):
            writer.put(f"{number} Ł \udc80")
        assert writer.flush(10 * PATIENCE)
    assert file.read_text() == "".join(f"{number} Ł \\udc80\n" for number in range(5_000))
    assert writer.dropped == 0


def test_what_nobody_reads_is_not_waited_for_and_the_oldest_is_dropped_and_told_in_its_place() -> None:
    with small_pipe() as (reader, descriptor):
        writer = started(descriptor, most=50)
        began = time.monotonic()
        for number in range(1_000):
            writer.put(f"{number} {LINE}")
        assert time.monotonic() - began < 1 * PATIENCE
        assert not writer.flush(0.05)
        read = b""

        def told() -> bool:
            nonlocal read
            read += os.read(reader, SIZE)
            return read.endswith(b"999 " + LINE.encode() + b"\n")

        eventually(told, "all is written once it is read")
        lines = [line.split()[:2] for line in read.decode().splitlines()]
        [told_at] = [at for at, line in enumerate(lines) if line[1:] == ["dropped"]]
        before, after = lines[:told_at], lines[told_at + 1 :]
        assert [int(number) for number, _ in before] == list(range(len(before)))
        assert [int(number) for number, _ in after] == list(range(1_000 - len(after), 1_000))
        assert int(lines[told_at][0]) == writer.dropped == 1_000 - len(before) - len(after)


@pytest.mark.parametrize("where", ["full disk", "reader gone", "closed"])
def test_what_cannot_be_written_is_dropped_and_counted(where: str) -> None:
    if where == "full disk":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, descriptor = os.pipe()
        os.close(reader)
    writer = started(descriptor)
    if where == "closed":
        os.close(descriptor)
    for _ in range(10):
        writer.put(LINE)
    assert writer.flush(5 * PATIENCE)
    assert writer.dropped == 10


def test_a_pipe_that_somebody_made_non_blocking_loses_nothing() -> None:
    with small_pipe() as (reader, descriptor):
        os.set_blocking(descriptor, False)
        writer = started(descriptor)
        for _ in range(200):
            writer.put(LINE)
        read = b""
        while read.count(b"\n") < 200:
            read += os.read(reader, SIZE)
        assert (writer.dropped, read) == (0, (LINE + "\n").encode() * 200)


class Filling(LogWriter):
    """A disk that is full in the middle of the second line, and later has room again."""

    room = 8
    disk = b""

    def _pass_on(self, lines: bytes) -> int:
        if not self.room:
            raise OSError
        taken = lines[: self.room]
        self.room -= len(taken)
        self.disk += taken
        return len(taken)


def test_a_line_that_was_torn_spoils_no_other() -> None:
    writer = Filling(os.open(os.devnull, os.O_WRONLY), lambda count: f"{count} dropped")
    writer.start()
    for lines in (["first", "second", "third"], ["fourth"]):
        for line in lines:
            writer.put(line)
        assert writer.flush(5 * PATIENCE)
        writer.room = 100
    assert writer.disk.startswith(b"first\nse\n")
    told, fourth = writer.disk.splitlines()[2:]
    assert (told, fourth) == (b"2 dropped", b"fourth")
