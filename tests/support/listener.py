"""A server for the tests' own connections: at a port of its own, in a thread of its own."""

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import Any, Self


class Listener(ABC):
    """Belongs to the test that enters it. What a subclass does with connections happens in the thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        name = type(self).__name__.lower()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        self._server: asyncio.Server = self._do(asyncio.start_server(self._accept, "127.0.0.1", 0))
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @abstractmethod
    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """Serve a connection until it ends."""

    async def _end(self) -> None:
        self._server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
