"""How uvicorn serves our applications. Each service adds its own address."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SERVING: Mapping[str, Any] = MappingProxyType(
    {
        "loop": "uvloop",
        "http": "httptools",
        "log_config": None,  # its lines go to our own log
        "access_log": False,  # it would log paths; the `RequestLayer` logs routes
        "server_header": False,
        "proxy_headers": False,  # the token alone identifies the caller
    }
)
"""Arguments of `uvicorn.run` and `uvicorn.Config`."""
