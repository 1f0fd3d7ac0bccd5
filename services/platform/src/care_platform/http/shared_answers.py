"""One answer for all who ask at about the same time: what anybody may ask should cost next to nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from starlette.requests import Request

T = TypeVar("T")


class SharedAnswer(Generic[T]):
    """Asks once for everybody who asks while the answer is awaited. Errors are shared, too."""

    def __init__(self, ask: Callable[[Request], Coroutine[Any, Any, T]]) -> None:
        self._ask = ask
        self._context = copy_context()  # of nobody: a pipelined request begins in that of the one before it
        self._asked: asyncio.Task[T] | None = None

    async def __call__(self, request: Request) -> T:
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = asyncio.create_task(self._ask(request), context=self._context)
        return await asyncio.shield(asked)
