"""HTTP servers of the other parties: the episodes service with a few routes, and partners' endpoints."""

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID, uuid4

from aiohttp import web

from contracts.codec import CloudEvent
from contracts.envelope import source_of
from tests.support.notifications.published_events import documents
from tests.support.notifications.published_log import events_page, numbers_page

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """One aiohttp server in a thread of its own, at a port chosen by the system."""

    def __init__(self, **routes: Handler) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._routes = routes
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._runner.cleanup())
        self._do(self._cancel_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._dispatch)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        handler = self._routes.get(request.path.strip("/").replace("/", "_").replace("-", "_"))
        return web.Response(status=404) if handler is None else await handler(request)

    async def _cancel_rest(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _do(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(10)


def _html(status: int) -> Callable[[], web.Response]:
    page = "<html><body>Sign in</body></html>"
    return lambda: web.Response(text=page, status=status, content_type="text/html")


DOUBTFUL: Mapping[str, Callable[[], web.Response]] = MappingProxyType(
    {
        "a page": _html(200),
        "a page that is not found": _html(404),
        "a route that is not there": lambda: web.json_response({"detail": "Not Found"}, status=404),
        "moved": lambda: web.Response(status=302, headers={"location": "http://127.0.0.1:1/"}),
        "a token of another environment": lambda: web.json_response({}, status=401),
        "another form": lambda: web.json_response({"decisions": [], "id": "x"}),
        "a list too short": lambda: web.json_response([]),
        "no content": lambda: web.Response(status=204),
        "a teapot": lambda: web.Response(status=418),
    }
)
"""Answers of whatever has the address of the episodes service, none of which decides anything."""


class EpisodesService(Server):
    """Publishes the events of a test, and answers disclosure decisions as the test tells it.

    `answers`: allowed, refused, silent (hangs), failing (500), or the name of an answer in `DOUBTFUL`.
    `held`: decisions are made and not told yet.
    `lost`: events that the feed leaves out. `confuse`: attributes of another environment's events, in what is
    told of one episode. `numbers`: what else is told of the last numbers of a network.
    """

    def __init__(self) -> None:
        super().__init__(
            v1_feed=self._feed,
            v1_disclosure_decisions=self._decide,
            v1_published_sequences=self._numbers,
        )
        self.forget()

    def forget(self) -> None:
        """Return to the initial state."""
        self.log: list[dict[str, Any]] = []
        self.answers = "allowed"
        self.held = False
        self.refused: set[UUID] = set()
        self.doubted: dict[UUID, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.decisions: list[str] = []
        self.subject = uuid4()
        self.client_ref: str | None = "C-4711"
        self.unknown_partners: set[UUID] = set()
        self.lost: set[str] = set()
        self.tells_what_is_missing = True
        self.confuse: dict[str, object] = {}
        self.numbers: dict[str, dict[str, Any]] = {}
        self.asked_for: list[str] = []

    def publish(self, *events: CloudEvent) -> None:
        self.log.extend(documents(events))

    def publish_raw(self, *entries: dict[str, Any]) -> None:
        self.log.extend(entries)

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        """The directory has every partner but those named."""
        if request.path.endswith("/published-events"):
            return self._events(request)
        if not request.path.startswith("/v1/partners/"):
            return await super()._dispatch(request)
        self.tokens.add(request.headers.get("Authorization", ""))
        match self.answers:
            case "silent":
                await asyncio.sleep(3600)
            case "failing":
                return web.Response(status=500)
        if self.answers in DOUBTFUL:
            return DOUBTFUL[self.answers]()
        partner = request.path.rpartition("/")[2]
        if UUID(partner) in self.unknown_partners:
            return web.json_response({"type": "/problems/not-found"}, status=404)
        return web.json_response({"id": partner})

    async def _feed(self, request: web.Request) -> web.Response:
        self.tokens.add(request.headers.get("Authorization", ""))
        after = int(request.query.get("after", "p0")[1:])
        for _ in range(100):
            if len(self.log) > after:
                break
            await asyncio.sleep(0.01)
        page = self.log[after : after + int(request.query.get("limit", "100"))]
        source = source_of(_network(request))
        mine = [
            event
            for event in page
            if event.get("source", source) == source and event.get("id") not in self.lost
        ]
        return web.json_response({"events": mine, "next": f"p{after + len(page)}"})

    def _events(self, request: web.Request) -> web.Response:
        """A page of the published events of one episode."""
        self.asked_for.append(request.path_qs)
        episode = request.path.split("/")[3]
        page = events_page(self.log, source_of(_network(request)), episode, request.query)
        if not self.tells_what_is_missing:
            return web.Response(status=503)
        if page is None:
            return web.Response(status=404)
        return web.json_response(page | {"events": [event | self.confuse for event in page["events"]]})

    async def _numbers(self, request: web.Request) -> web.Response:
        if not self.tells_what_is_missing:
            return web.Response(status=503)
        network = _network(request)
        page = numbers_page(self.log, source_of(network), request.query)
        return web.json_response(page | self.numbers.get(network, {}))

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        questions = json.loads(await request.read())
        self.tokens.add(request.headers.get("Authorization", ""))
        self.asked.extend(questions)
        match self.answers:
            case "silent":
                await asyncio.sleep(3600)
            case "failing":
                return web.Response(status=500)
        if self.answers in DOUBTFUL:
            return DOUBTFUL[self.answers]()
        decisions = [self._decision(it) for it in questions]
        for _ in range(1000):
            if not self.held:
                break
            await asyncio.sleep(0.01)
        return web.json_response(decisions)

    def _decision(self, question: dict[str, Any]) -> dict[str, Any]:
        self.decisions.append(str(uuid4()))
        if (reason := self.doubted.get(UUID(question["event_id"]))) is not None:
            return {"decision_id": self.decisions[-1], "allowed": False, "reason": reason}
        if self.answers == "refused" or UUID(question["event_id"]) in self.refused:
            return {"decision_id": self.decisions[-1], "allowed": False, "reason": "no_consent"}
        told = {"subject": str(self.subject), "your_client_ref": self.client_ref}
        return {"decision_id": self.decisions[-1], "allowed": True, "reason": "consented", **told}


def _network(request: web.Request) -> str:
    """The network of a service token, which is not verified here."""
    claims = request.headers["Authorization"].split(".")[1]
    network: str = json.loads(base64.urlsafe_b64decode(claims + "=="))["network"]
    return network


@dataclass(frozen=True)
class Received:
    """One webhook as it arrived, with its bytes."""

    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


def echo_of(document: dict[str, Any]) -> web.Response | None:
    """The answer to a challenge; None if the webhook is another."""
    if document.get("type") != "care.challenge.v1":
        return None
    return web.json_response({"challenge": document["data"]["challenge"]})


class PartnerEndpoint(Server):
    """Answers each webhook with the next of `statuses`, repeating the last one. `hangs`: never answers.

    Challenges are echoed, and are not among the `received`.
    """

    def __init__(self, *statuses: int, hangs: bool = False, headers: dict[str, str] | None = None) -> None:
        super().__init__(hook=self._receive)
        self._statuses = list(statuses or (204,))
        self.hangs = hangs
        self._headers = headers or {}
        self.received: list[Received] = []

    @property
    def address(self) -> str:
        return f"{self.url}/hook"

    def has(self, count: int) -> bool:
        return len(self.received) >= count

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        one = Received(headers, await request.read())
        if echo := echo_of(one.document):
            return echo
        self.received.append(one)
        if self.hangs:
            await asyncio.sleep(3600)
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        return web.Response(status=status, headers=self._headers)
