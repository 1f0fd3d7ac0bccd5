"""How uvicorn serves our applications. Each service adds its own address."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any

import uvicorn

from care_platform.http.door import DoorLimits, door
from care_platform.http.operations_port import listening

_NOT_STARTED = 3
KEPT_SECONDS = 75
"""How long a connection is kept for its next request: longer than the minute for which proxies and balancers
keep theirs by default. Whoever closes first may do so while the other sends, and a caller would get 502.
"""


def serving(limits: DoorLimits, certificate: tuple[Path, Path] | None = None) -> dict[str, Any]:
    """Arguments of `uvicorn.run` and `uvicorn.Config`. With the files of a certificate and its key, https."""
    chain, key = certificate or (None, None)
    return {
        "ssl_certfile": chain,
        "ssl_keyfile": key,
        "loop": "uvloop",
        "http": door(limits),
        "ws": "none",
        "timeout_keep_alive": KEPT_SECONDS,
        "log_config": None,  # its lines go to our own log
        "access_log": False,  # it would log paths; the `RequestLayer` logs routes
        "server_header": False,
        "proxy_headers": False,  # the token alone identifies the caller
    }


class _Server(uvicorn.Server):
    """Says that it is about to end, before it waits for the answers that are under way."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)


def run(
    config: uvicorn.Config, operations_port: int | None, ending: Callable[[], None] = lambda: None
) -> None:
    """Serve until told to stop; `ending` is called then. Ends the program if it could not start."""
    server = _Server(config, ending)
    with suppress(KeyboardInterrupt):
        server.run(listening(config, operations_port))
    if not server.started:
        raise SystemExit(_NOT_STARTED)
