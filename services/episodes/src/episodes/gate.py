"""A gate before something that few can use at a time: the others wait before it by turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from episodes.errors import TooManyWaiting
from episodes.turns import ASKING, Limits, Turns

_LEAST = 0.1
"""Seconds of patience that are left to whoever is let in at the last moment."""

Place = asyncio.Future[None]


class Gate:
    """Lets in `places` at a time, and whoever else comes by turns. It belongs to one event loop."""

    def __init__(self, places: int, limits: Limits, patience: float) -> None:
        """`patience`: how many seconds somebody waits before it is told to come back."""
        self._free = places
        self._patience = patience
        self._turns: Turns[Place] = Turns(limits, _give_up)

    @property
    def waiting(self) -> int:
        return len(self._turns)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[float]:
        """A place, and how many seconds are left of the patience to wait for what is behind the gate.

        Raises `TooManyRequests` if the caller's own line is full, `TooManyWaiting` if it takes too long.
        """
        began = asyncio.get_running_loop().time()
        if self._free:
            self._free -= 1
        else:
            await self._wait()
        try:
            yield max(_LEAST, began + self._patience - asyncio.get_running_loop().time())
        finally:
            self._leave()

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        asker, place = ASKING.get(), loop.create_future()
        self._turns.add(asker, place)
        patience = loop.call_later(self._patience, _give_up, place)
        try:
            await place
        except BaseException:
            self._turns.remove(asker, place)
            if place.done() and not place.cancelled() and place.exception() is None:
                self._leave()  # it was let in just as it was cancelled
            raise
        finally:
            patience.cancel()

    def _leave(self) -> None:
        """Hand the place to the next who still waits."""
        while taken := self._turns.take(1):
            [(_, place)] = taken
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


def _give_up(place: Place) -> None:
    if not place.done():
        place.set_exception(TooManyWaiting())
