"""One step at a time, in virtual time: which process goes on, and which one fails, is drawn from the seed."""

import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

Work = Coroutine[Any, Any, None]

IDLE = 3_600.0
"""Seconds until somebody looks again whom nobody wakes."""


class Crashed(BaseException):
    """The process ends here, between two steps: nothing of it is left, as after a kill."""


class Stuck(AssertionError):
    """The faults are over, and still something waits."""


@types.coroutine
def pause(seconds: float = 0.0) -> Generator[float, None, None]:
    """A place between two steps: others may go on meanwhile, and the process may end here."""
    yield seconds


@dataclass(eq=False, slots=True)
class Process:
    """Its `main` begins again after each crash; `leaving` is told of the end, while others may not be."""

    name: str
    main: Callable[["Process"], Work]
    ends: tuple[type[Exception], ...] = ()
    leaving: Callable[[], None] = lambda: None
    mortal: bool = True
    stopped_at: float = 0.0
    stopped_until: float = 0.0


@dataclass(eq=False, slots=True)
class _Task:
    process: Process
    begin: Callable[[], Work]
    wakes: float
    work: Work | None = None
    running: bool = False


@dataclass(slots=True)
class Scheduler:
    """`faults`: the chance per step that something goes wrong; zero once it is quiet."""

    random: Random
    faults: float
    tracing: bool = False
    now: float = 0.0
    steps: int = 0
    trace: list[str] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    _tasks: list[_Task] = field(default_factory=list)
    _depth: int = 0

    def start(self, process: Process) -> None:
        self.processes.append(process)
        self._begin(process, 0.0)

    def spawn(self, process: Process, begin: Callable[[], Work]) -> None:
        """More work of the same process: it ends with it."""
        self._tasks.append(_Task(process, begin, self.now))

    def wake(self, process: Process) -> None:
        """Something is there for it, unless it is stopped."""
        for task in self._tasks:
            if task.process is process:
                task.wakes = max(process.stopped_until, min(task.wakes, self.now))

    def step(self) -> None:
        """The next of those whose time has come; if it is nobody's, time goes on."""
        idle = [task for task in self._tasks if not task.running]
        due = [task for task in idle if task.wakes <= self.now]
        if not due:
            self.now = min(task.wakes for task in idle)
            due = [task for task in idle if task.wakes <= self.now]
        self.now += self.random.random() * 0.05
        self.steps += 1
        self._advance(due[int(self.random.random() * len(due))])

    def meanwhile(self) -> None:
        """Within a step that is one call: what others do before it comes back."""
        if self._depth == 0 and self.random.random() < 0.3:
            self._depth += 1
            for _ in range(self.random.randint(1, 6)):
                self.step()
            self._depth -= 1

    def fails(self, share: float = 1.0) -> bool:
        """Whether a fault happens here and now."""
        return self.faults > 0 and self.random.random() < self.faults * share

    def crash_maybe(self) -> None:
        if self.fails():
            raise Crashed

    def note(self, *said: object) -> None:
        if self.tracing:
            self.trace.append(f"{self.now:12.3f} " + " ".join(map(str, said)))

    def _advance(self, task: _Task) -> None:
        process = task.process
        if process.mortal and self.fails(0.5):
            self._freeze(process)
            return
        task.running = True
        try:
            if process.mortal and self.fails():
                raise Crashed
            task.work = task.work or task.begin()
            task.wakes = self.now + task.work.send(None)
        except StopIteration:
            self._tasks.remove(task)
        except Crashed:
            self._end(process, "crashes")
        except process.ends as reason:
            self._end(process, f"ends: {type(reason).__name__}")
        task.running = False

    def _freeze(self, process: Process) -> None:
        """Stopped for a while, and woken up late without knowing."""
        seconds = self.random.choice((1.0, 4.0, 8.0, 40.0))
        self.note(process.name, "is stopped for", seconds)
        process.stopped_at, process.stopped_until = self.now, self.now + seconds
        for task in self._tasks:
            if task.process is process:
                task.wakes = max(task.wakes, process.stopped_until)

    def _end(self, process: Process, how: str) -> None:
        self.note(process.name, how)
        mine = [task for task in self._tasks if task.process is process]
        self._tasks = [task for task in self._tasks if task.process is not process]
        for task in mine:
            if task.work is not None and not task.running:
                task.work.close()
        process.leaving()
        self._begin(process, self.random.choice((0.1, 1.0, 5.0)))

    def _begin(self, process: Process, after: float) -> None:
        self._tasks.append(_Task(process, lambda: process.main(process), self.now + after))
