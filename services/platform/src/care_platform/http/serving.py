"""How uvicorn serves our applications. Each service adds its own address."""

from typing import Any

from care_platform.http.door import DoorLimits, door


def serving(limits: DoorLimits) -> dict[str, Any]:
    """Arguments of `uvicorn.run` and `uvicorn.Config`."""
    return {
        "loop": "uvloop",
        "http": door(limits),
        "ws": "none",
        "log_config": None,  # its lines go to our own log
        "access_log": False,  # it would log paths; the `RequestLayer` logs routes
        "server_header": False,
        "proxy_headers": False,  # the token alone identifies the caller
    }
