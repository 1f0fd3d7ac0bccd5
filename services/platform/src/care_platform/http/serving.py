"""How uvicorn serves our applications. Each service adds its own address."""

from pathlib import Path
from typing import Any

from care_platform.http.door import DoorLimits, door


def serving(limits: DoorLimits, certificate: tuple[Path, Path] | None = None) -> dict[str, Any]:
    """Arguments of `uvicorn.run` and `uvicorn.Config`. With the files of a certificate and its key, https."""
    chain, key = certificate or (None, None)
    return {
        "ssl_certfile": chain,
        "ssl_keyfile": key,
        "loop": "uvloop",
        "http": door(limits),
        "ws": "none",
        "log_config": None,  # its lines go to our own log
        "access_log": False,  # it would log paths; the `RequestLayer` logs routes
        "server_header": False,
        "proxy_headers": False,  # the token alone identifies the caller
    }
