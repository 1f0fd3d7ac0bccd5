"""What stands before the processes of a service like a load balancer: new connections go where it is set."""

import asyncio

from tests.support.listener import Listener

_CHUNK = 65_536


class Switch(Listener):
    """Connections that are open stay where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.target = 0
        """The port on this machine to which the next connections go."""

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
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
            to_client.close()
            to_service.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until the source ends; then the sink is told so."""
    try:
        while piece := await source.read(_CHUNK):
            sink.write(piece)
            await sink.drain()
        sink.write_eof()
    except OSError:
        sink.close()
