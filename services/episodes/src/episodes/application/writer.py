"""One thread that records: it decides the commands that wait over one read, and commits them together.

Group commit is how an ordered log with a table lock and one fsync per commit stops being the ceiling.
No caller is answered before the commit of its batch is known.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from episodes.application.batch import MOST_COMMANDS, Batch, Draws, Outcome, decided
from episodes.application.cache import Cache
from episodes.application.commands import Answer, Command
from episodes.application.errors import (
    Conflict,
    InConflict,
    OutcomeUnknown,
    StoreUnavailable,
    TooManyWaiting,
)
from episodes.application.known import Store

ATTEMPTS = 3
LONGEST_WAIT = 2.0
"""Seconds a caller waits before it is told to come back."""

Settled = list[tuple["Waiting", Outcome]]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A command and the future of its caller."""

    command: Command
    future: asyncio.Future[Answer]


class Writer:
    """Serves one event loop. `observe` is told the size of each batch and how often it was decided."""

    def __init__(
        self,
        store: Store,
        draws: Draws,
        clock: Callable[[], datetime],
        cache: Cache,
        observe: Callable[[int, int], None] = lambda size, attempts: None,
        most_waiting: int = 2_000,
    ) -> None:
        self._store = store
        self._draws = draws
        self._clock = clock
        self._cache = cache
        self._observe = observe
        self._queue: queue.Queue[Waiting | None] = queue.Queue(maxsize=most_waiting)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """Record what waits, then end."""
        await asyncio.to_thread(self._queue.put, None)
        await asyncio.to_thread(self._thread.join)

    async def submit(self, command: Command) -> Answer:
        """The answer, once it is durable. Raises what refused it, or `TooManyWaiting` after two seconds."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(Waiting(command, future))
            async with asyncio.timeout(LONGEST_WAIT):
                return await future
        except (queue.Full, TimeoutError):
            raise TooManyWaiting from None

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting = [item for item in (first, *self._more()) if not item.future.cancelled()]
            if waiting:
                self._answer(waiting, self._settle(waiting))

    def _more(self) -> Iterator[Waiting]:
        for _ in range(MOST_COMMANDS - 1):
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if item is None:
                self._queue.put(None)
                return
            yield item

    @staticmethod
    def _answer(waiting: Sequence[Waiting], settled: Settled) -> None:
        loop = waiting[0].future.get_loop()
        loop.call_soon_threadsafe(_resolve, settled)

    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        """An outcome for every command. One that cannot be decided with the others is decided alone."""
        try:
            return self._together(waiting)
        except StoreUnavailable as away:
            return [(item, away) for item in waiting]
        except Exception:  # a defect met by one command must not fail its neighbours
            return [(item, self._alone(item)) for item in waiting]

    def _together(self, waiting: Sequence[Waiting]) -> Settled:
        for attempt in (1, 2):
            try:
                settled = self._attempt(waiting)
            except (Conflict, OutcomeUnknown):
                continue
            self._observe(len(waiting), attempt)
            return settled
        self._observe(len(waiting), ATTEMPTS)
        return [(item, self._alone(item)) for item in waiting]

    def _alone(self, item: Waiting) -> Outcome:
        for _ in range(ATTEMPTS):
            try:
                return self._attempt([item])[0][1]
            except (Conflict, OutcomeUnknown):
                continue
            except Exception as failure:
                return failure
        return InConflict()

    def _attempt(self, waiting: Sequence[Waiting]) -> Settled:
        """Read, decide, write. What does not fit one transaction follows in the next."""
        commands = [item.command for item in waiting]
        outcomes: list[Outcome] = []
        while commands:
            batch = Batch(self._store.read(commands, self._cache), self._clock(), self._draws)
            rest = decided(batch, commands)
            if batch.writing.events:
                self._store.write(batch.writing)
            self._cache.keep(batch.known.episodes)
            outcomes += [outcome for _, outcome in batch.outcomes]
            commands = list(rest)
        return list(zip(waiting, outcomes, strict=True))


def _resolve(settled: Settled) -> None:
    for item, outcome in settled:
        if item.future.done():
            continue
        if isinstance(outcome, Answer):
            item.future.set_result(outcome)
        else:
            item.future.set_exception(outcome)
