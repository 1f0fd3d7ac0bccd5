"""TLS before a PostgreSQL server that was built without it, as that of the wheel is."""

import asyncio
import ssl
from pathlib import Path

from psycopg.conninfo import make_conninfo

from tests.faults.proxy import Proxy

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


class EncryptingProxy(Proxy):
    """Answers libpq's request for TLS with this certificate. Whoever asks for none is turned away."""

    def __init__(self, url: str, certificate: tuple[Path, Path]) -> None:
        super().__init__(url)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self.plain = 0
        """How many clients asked for no TLS."""

    def address(self, host: str, **more: str) -> str:
        """The database's address by way of this proxy, at this name of the machine."""
        port = self._server.sockets[0].getsockname()[1]
        return make_conninfo(self._url, host=host, port=port, gssencmode="disable", **more)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            if await client.readexactly(len(_SSL_REQUEST)) != _SSL_REQUEST:
                self.plain += 1
                to_client.close()
                return
            to_client.write(b"S")
            await to_client.start_tls(self._context)
        except (OSError, EOFError):
            to_client.close()
            return
        await super()._accept(client, to_client)
