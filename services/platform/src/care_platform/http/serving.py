"""How uvicorn serves an application of ours; the address is the service's own to give."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SERVING: Mapping[str, Any] = MappingProxyType(
    {
        "loop": "uvloop",
        "http": "httptools",
        "log_config": None,  # its lines go where ours go
        "access_log": False,  # it would name paths; the `RequestLayer` tells routes
        "server_header": False,
        "proxy_headers": False,  # who calls is told by the token alone
    }
)
"""Arguments of `uvicorn.run` and `uvicorn.Config`."""
