"""One answer for all who ask at about the same time: what anybody may ask should cost next to nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from starlette.requests import Request

T = TypeVar("T")

FRESH_SECONDS = 0.25
"""How long an answer is given again: four times a second at most its cost is paid."""


class SharedAnswer(Generic[T]):
    """Asks once for everybody who asks while the answer is awaited, or soon after. Errors are shared, too."""

    def __init__(self, ask: Callable[[Request], Awaitable[T]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[T] | None = None
        self._done_at = 0.0

    async def __call__(self, request: Request) -> T:
        asked = self._asked
        if asked is None or (asked.done() and monotonic() - self._done_at > FRESH_SECONDS):
            asked = self._asked = asyncio.create_task(self._answer(request))
        return await asyncio.shield(asked)

    async def _answer(self, request: Request) -> T:
        try:
            return await self._ask(request)
        finally:
            self._done_at = monotonic()
