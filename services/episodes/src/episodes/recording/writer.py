"""The writer thread: it decides all waiting commands from one read, and commits them together.

Without group commit, the lock and the fsync of each commit to the ordered log would limit the rate.
A batch is filled by turns, so that a flood by one caller delays another by its share alone.
No caller is answered before the outcome of its batch's commit is known.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from episodes.errors import (
    Conflict,
    InConflict,
    OutcomeUnknown,
    StoreUnavailable,
    TooManyWaiting,
)
from episodes.event_log.cache import Cache
from episodes.recording.batch import MAX_COMMANDS, Batch, Outcome, Randomness, decide_batch
from episodes.recording.commands import Answer, CommandRequest
from episodes.recording.store import Store
from episodes.turns import USUAL, Limits, Turns

ATTEMPTS = 3
MAX_TURNS = 8
MAX_WAIT = 2.0
"""How many seconds a caller waits before it gets 503."""

Settled = list[tuple["Waiting", Outcome]]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A command and the future of its caller."""

    command: CommandRequest
    future: asyncio.Future[Answer]


class Writer:
    """Serves one event loop. `observe` is called with the size of each batch and how often it was decided."""

    def __init__(
        self,
        store: Store,
        draws: Randomness,
        clock: Callable[[], datetime],
        cache: Cache,
        observe: Callable[[int, int], None] = lambda size, attempts: None,
        limits: Limits = USUAL,
    ) -> None:
        self._store = store
        self._draws = draws
        self._clock = clock
        self._cache = cache
        self._observe = observe
        self._turns: Turns[Waiting] = Turns(limits, lambda displaced: _give_up(displaced.future))
        self._guard = threading.Lock()
        self._gathered = 0
        self._handed_over: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many commands wait to be decided."""
        return len(self._turns)

    @property
    def alive(self) -> bool:
        """False once the thread has ended, after which nothing is recorded."""
        return self._thread.is_alive()

    async def stop(self) -> None:
        """Record the waiting commands, then end."""
        self._hand_over()
        self._handed_over.put(None)
        await asyncio.to_thread(self._thread.join)

    async def submit(self, command: CommandRequest) -> Answer:
        """The answer, once it is durable. Raises the refusal, `TooManyRequests` if too many commands of this
        caller wait, or `TooManyWaiting` after two seconds."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(command, loop.create_future())
        with self._guard:
            self._turns.add(command.caller.line, waiting)
        if not self._gathered:
            loop.call_soon(self._gather)
        self._gathered += 1
        patience = loop.call_later(MAX_WAIT, _give_up, waiting.future)
        try:
            return await waiting.future
        except (TooManyWaiting, asyncio.CancelledError):
            with self._guard:
                self._turns.remove(command.caller.line, waiting)
            raise
        finally:
            patience.cancel()

    def _gather(self, seen: int = 0, turns: int = 0) -> None:
        """Hand the batch over when one iteration of the event loop adds no command, or after `MAX_TURNS`.

        So commands that arrive together share a batch, and the two threads do not compete for the GIL.
        """
        if self._gathered > seen and turns < MAX_TURNS:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._gather, self._gathered, turns + 1)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._gathered:
            self._handed_over.put(self._gathered)
            self._gathered = 0

    def _run(self) -> None:
        due, ended = 0, False
        while due or not ended:
            while not ended and (not due or not self._handed_over.empty()):
                count = self._handed_over.get()
                ended = count is None
                due += count or 0
            due = self._serve(due)

    def _serve(self, due: int) -> int:
        """Decide a batch, filled by turns. Returns how many of those due are still to be served."""
        most = min(due, MAX_COMMANDS)
        with self._guard:
            taken = self._turns.take(most)
        lines = [(asker, item) for asker, item in taken if not item.future.done()]
        waiting = [item for _, item in lines]
        settled = self._settle(waiting) if waiting else []
        if settled:
            self._answer(settled)
        with self._guard:
            self._turns.put_back(lines[len(settled) :])
        left = due - most if len(taken) == most else 0
        return left + len(waiting) - len(settled)

    @staticmethod
    def _answer(settled: Settled) -> None:
        loop = settled[0][0].future.get_loop()
        loop.call_soon_threadsafe(_resolve, settled)

    def _settle(self, waiting: Sequence[Waiting]) -> Settled:
        """The outcomes of the commands, or of the first of them, as many as fit into one transaction.

        If they cannot be decided together, each is decided alone.
        """
        try:
            return self._together(waiting)
        except StoreUnavailable as away:
            return [(item, away) for item in waiting]
        except Exception:  # a defect in one command must not fail the others
            return self._one_by_one(waiting)

    def _together(self, waiting: Sequence[Waiting]) -> Settled:
        for attempt in (1, 2):
            try:
                settled = self._attempt(waiting)
            except (Conflict, OutcomeUnknown):
                continue
            self._observe(len(settled), attempt)
            return settled
        self._observe(len(waiting), ATTEMPTS)
        return self._one_by_one(waiting)

    def _one_by_one(self, waiting: Sequence[Waiting]) -> Settled:
        """Decide each command alone. Once the store is unavailable, the rest are answered without trying."""
        settled: Settled = []
        for item in waiting:
            away = settled and isinstance(settled[-1][1], StoreUnavailable)
            settled.append((item, settled[-1][1] if away else self._alone(item)))
        return settled

    def _alone(self, item: Waiting) -> Outcome:
        outcome: Exception = InConflict()
        for _ in range(ATTEMPTS):
            try:
                return self._attempt([item])[0][1]
            except Conflict:
                outcome = InConflict()
            except OutcomeUnknown as unknown:
                outcome = StoreUnavailable()  # it may have been recorded, which a 409 would deny
                outcome.__cause__ = unknown.__cause__
            except Exception as failure:
                return failure
        return outcome

    def _attempt(self, waiting: Sequence[Waiting]) -> Settled:
        """Read, decide, write. Commands that do not fit into this transaction have no outcome yet."""
        commands = [item.command for item in waiting]
        batch = Batch(self._store.read(commands, self._cache), self._clock(), self._draws)
        decide_batch(batch, commands)
        if batch.write_set.events:
            self._store.write(batch.write_set)
        self._cache.keep(batch.read_set.episodes)
        self._cache.count(batch.read_set.lookups)
        return [(item, outcome) for item, (_, outcome) in zip(waiting, batch.outcomes, strict=False)]


def _give_up(future: asyncio.Future[Answer]) -> None:
    if not future.done():
        future.set_exception(TooManyWaiting())


def _resolve(settled: Settled) -> None:
    for item, outcome in settled:
        if item.future.done():
            continue
        if isinstance(outcome, Answer):
            item.future.set_result(outcome)
        else:
            item.future.set_exception(outcome)
