"""The way of a command: a look-up of its path, its endpoint, its answer.

The stack around an ordinary endpoint (telemetry, exception handlers, exit stacks, some thirty patterns of
paths tried in turn) took more than half of what HTTP costs, and does nothing for a command. Whatever is not
found here goes through it: other methods, and paths nobody knows.
"""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from episodes.http.incoming import Incoming
from episodes.recording.endpoint import CommandRoute


class Application(FastAPI):
    """FastAPI, which describes the commands, and answers everything else; `around` are the layers of both."""

    def __init__(self, around: Callable[[ASGIApp], ASGIApp], **settings: Any) -> None:
        super().__init__(**settings)
        self._commands: dict[tuple[str, ...], tuple[CommandRoute, list[str]]] = {}
        self._surrounded = around(self._dispatch)

    def add_commands(self, routes: Iterable[CommandRoute]) -> None:
        """Routes of which every second part is an id: `/v1/episodes/{episode}/plans`."""
        for route in routes:
            parts = route.path.split("/")
            ids = [part[1:-1] for part in parts[3::2] if part[0] + part[-1] == "{}"]
            if len(ids) != len(parts[3::2]):
                raise ValueError(f"{route.path} has no id where one belongs")
            self._commands[tuple(parts[::2])] = (route, ids)
            self.router.routes.append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._surrounded(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and self._found(scope):
            response = await scope["route"].endpoint(Incoming(scope, receive))
            await response(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _found(self, scope: Scope) -> bool:
        """Whether this is a command; then the scope says which, as a router would."""
        parts = scope["path"].split("/")
        route, names = self._commands.get(tuple(parts[::2]), (None, ()))
        ids = parts[3::2]
        if route is None or parts[1] != "v1" or len(ids) != len(names) or "" in ids:
            return False
        scope.update(app=self, route=route, path_params=dict(zip(names, ids, strict=True)))
        return True
