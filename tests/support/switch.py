"""What stands before the processes of a service like a load balancer: new connections go where it is set."""

import asyncio
import threading
from typing import Any, Self

_CHUNK = 65_536


class Switch:
    """Listens at a port of its own, in a thread of its own. Connections that are open stay where they are."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="switch", daemon=True)
        self._open: set[asyncio.Task[None]] = set()
        self.target = 0
        """The port on this machine to which the next connections go."""

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

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            service, to_service = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            to_client.close()
            return
        try:
            await asyncio.gather(_pass_on(client, to_service), _pass_on(service, to_client))
        except asyncio.CancelledError:
            pass
        finally:
            self._open.discard(task)
            to_client.close()
            to_service.close()

    async def _end(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.sleep(0)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until the source ends; then the sink is told so."""
    try:
        while piece := await source.read(_CHUNK):
            sink.write(piece)
            await sink.drain()
        sink.write_eof()
    except OSError:
        sink.close()
