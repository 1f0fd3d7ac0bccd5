"""A port of their own for what operators ask, if a setting names one: it serves nothing else."""

import socket

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from care_platform.http.problems import Problem

OF_OPERATORS = frozenset({"/health/ready", "/metrics", "/openapi.json"})
"""What anybody may ask, at a cost, and what nobody outside needs."""
_OF_BOTH = frozenset({"/health/live"})


class OperationsApart:
    """An ASGI layer, inside the `RequestLayer`: each port has its own paths, and others are not there."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OF_BOTH:
            asked_there = scope["server"][1] == self._port
            if asked_there != (scope["path"] in OF_OPERATORS):
                raise Problem("not-found")
        await self._app(scope, receive, send)


def listening(config: uvicorn.Config, operations_port: int | None) -> list[socket.socket] | None:
    """The sockets of both ports, for `uvicorn.Server`; None if there is only one, which it opens itself."""
    if operations_port is None:
        return None
    other = uvicorn.Config(config.app, host=config.host, port=operations_port, log_config=None)
    return [config.bind_socket(), other.bind_socket()]
