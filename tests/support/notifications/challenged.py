"""Endpoints that answer challenges as a test tells them, and what was sent to them."""

import asyncio
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from aiohttp import web

from tests.support.notifications.http_servers import Received, Server

Answer = Callable[[Received], web.Response]


def value_of(one: Received) -> str:
    """The value that a challenge asks for."""
    value: str = one.document["data"]["challenge"]
    return value


def said(body: object, status: int = 200, **headers: str) -> web.Response:
    """An answer with this body: bytes as they are, else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.Response(body=raw, status=status, headers={"content-type": "application/json", **headers})


class Challenged(Server):
    """Answers challenges by `answer`, or hangs without one, and 204 to whatever else it is sent."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__(hook=self._receive)
        self.answer = answer
        self.challenges: list[Received] = []
        self.webhooks: list[Received] = []

    @property
    def address(self) -> str:
        return f"{self.url}/hook"

    @property
    def numbers(self) -> list[int]:
        """The numbers of the webhooks, as they came."""
        return [one.document["data"]["number"] for one in self.webhooks]

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Received(headers, await request.read())
        if one.document["type"] != "care.challenge.v1":
            self.webhooks.append(one)
            return web.Response(status=204)
        self.challenges.append(one)
        if self.answer is None:
            await asyncio.sleep(3600)
        assert self.answer is not None
        return self.answer(one)


def silently(_: Received) -> web.Response:
    """Takes the challenge and says nothing of it."""
    return web.Response(status=204)


def echoing(one: Received) -> web.Response:
    return said({"challenge": value_of(one)})


def _with(**more: Any) -> Answer:
    return lambda one: said({"challenge": value_of(one), **more})


PROVING: Mapping[str, Answer] = MappingProxyType(
    {
        "echo": echoing,
        "echo with more": _with(status="ok", more=[1, {"challenge": "x"}]),
        "echo with another 2xx": lambda one: said({"challenge": value_of(one)}, 202),
        "echo called text": lambda one: said(
            {"challenge": value_of(one)}, 200, **{"content-type": "text/plain"}
        ),
    }
)
"""Answers that prove an address."""

NOT_PROVING: Mapping[str, Answer | None] = MappingProxyType(
    {
        "nothing": silently,
        "another value": lambda _: said({"challenge": "x" * 43}),
        "part of the value": lambda one: said({"challenge": value_of(one)[:-1]}),
        "no value": lambda _: said({"challenge": ""}),
        "null": lambda _: said({"challenge": None}),
        "a list": lambda one: said([{"challenge": value_of(one)}]),
        "the value alone": lambda one: said(value_of(one)),
        "what came": lambda one: said(one.body),
        "no JSON": lambda one: said(f"challenge={value_of(one)}".encode()),
        "nested": lambda one: said({"data": {"challenge": value_of(one)}}),
        "no UTF-8": lambda _: said(b'{"challenge": "\xff"}'),
        "half a pair": lambda _: said(b'{"challenge": "\\ud800"}'),
        "deep": lambda _: said(b"[" * 4000),
        "long": _with(more="x" * 5000),
        "gzip without gzip": lambda one: said(
            {"challenge": value_of(one)}, 500, **{"content-encoding": "gzip"}
        ),
        "moved": lambda one: said({"challenge": value_of(one)}, 302, location="http://127.0.0.1:1/"),
        "refused": lambda one: said({"challenge": value_of(one)}, 401),
        "failing": lambda one: said({"challenge": value_of(one)}, 500),
        "silence": None,
    }
)
"""Answers that prove nothing, and are tried again."""
