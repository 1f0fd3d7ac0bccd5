"""Writes log lines in a thread of its own: nobody who logs waits for the log, or fails with it.

A disk may be full, a pipe's reader gone or asleep. Lines then wait, the oldest are dropped and counted, and
the log says how many as soon as it can be written again.
"""

import os
import select
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

MOST = 10_000
"""How many lines may wait to be written."""
_TOGETHER = 200
_AT_ONCE = 65_536
"""The most bytes of one write, unless it is to a pipe: several processes may share one, and what is longer
than `PIPE_BUF` would tear their lines."""


class LogWriter:
    """Writes to a file descriptor. `tell_dropped` makes the line that says how many were dropped."""

    def __init__(self, descriptor: int, tell_dropped: Callable[[int], str], most: int = MOST) -> None:
        self._descriptor = descriptor
        self._tell_dropped = tell_dropped
        self._most = most
        piped = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        self._at_once = select.PIPE_BUF if piped else _AT_ONCE
        # A destructor that logs may interrupt its own thread within `put`: of this queue and lock it may.
        self._waiting: SimpleQueue[bytes | threading.Event] = SimpleQueue()
        self._counting = threading.RLock()
        self._told = 0
        self._torn = False
        self.dropped = 0
        """How many lines were never written."""

    def start(self) -> None:
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def put(self, line: str) -> None:
        """Hand over a line, without its end. Never waits and never raises."""
        if self._waiting.qsize() >= self._most:
            self._drop_oldest()
        self._waiting.put(line.encode(errors="backslashreplace") + b"\n")

    def flush(self, within: float) -> bool:
        """Wait until every line handed over is written or dropped, at most so many seconds."""
        reached = threading.Event()
        self._waiting.put(reached)
        return reached.wait(within)

    def _drop_oldest(self) -> None:
        with suppress(Empty):
            oldest = self._waiting.get_nowait()
            if isinstance(oldest, threading.Event):
                oldest.set()
            else:
                self._drop(1)

    def _drop(self, lines: int) -> None:
        with self._counting:
            self.dropped += lines

    def _run(self) -> None:
        while True:
            taken = [self._waiting.get()]
            with suppress(Empty):
                while len(taken) < _TOGETHER:
                    taken.append(self._waiting.get_nowait())
            for lines in _grouped([it for it in taken if isinstance(it, bytes)], self._at_once):
                self._write(lines)
            for reached in taken:
                if isinstance(reached, threading.Event):
                    reached.set()

    def _write(self, lines: bytes) -> None:
        """Write whole lines, and before them how many are missing there."""
        untold = self.dropped - self._told
        if untold:
            notice = self._tell_dropped(untold).encode() + b"\n"
            if self._written(notice) == len(notice):
                self._told += untold
        self._drop(lines[self._written(lines) :].count(b"\n"))

    def _written(self, lines: bytes) -> int:
        """How many bytes of these lines could be written. The rest of a line torn here before is given up."""
        done = 0
        try:
            while self._torn:
                self._torn = not self._pass_on(b"\n")
            while done < len(lines):
                done += self._pass_on(lines[done:])
        except OSError:
            self._torn = self._torn or (done > 0 and lines[done - 1 : done] != b"\n")
        return done

    def _pass_on(self, lines: bytes) -> int:
        try:
            return os.write(self._descriptor, lines)
        except BlockingIOError:  # another process that has this pipe made it so
            select.select([], [self._descriptor], [])
            return 0


def _grouped(lines: Sequence[bytes], size: int) -> Iterator[bytes]:
    """The lines joined into pieces of at most this size, unless a single one is longer."""
    group = bytearray()
    for line in lines:
        if group and len(group) + len(line) > size:
            yield bytes(group)
            group.clear()
        group += line
    if group:
        yield bytes(group)
