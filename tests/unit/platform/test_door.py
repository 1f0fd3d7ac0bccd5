"""What the door lets in, tried with raw bytes on a real server with small limits."""

import asyncio
import gc
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from care_platform.http.door import DoorLimits
from care_platform.http.serving import serving
from care_platform.transport.files import trusting
from tests.support.servers.certificates import Authority

LIMITS = DoorLimits(connections=5, per_peer=4, head_seconds=0.3, body_seconds=0.6, head_lines=20)
LARGE = 5_000_000
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\nok"


class Answer(NamedTuple):
    status: int
    body: bytes


class Seen(NamedTuple):
    headers: list[list[tuple[bytes, bytes]]]
    port: int
    connections: set[Any]


@asynccontextmanager
async def server(
    limits: DoorLimits = LIMITS, certificate: tuple[Path, Path] | None = None
) -> AsyncIterator[Seen]:
    headers: list[list[tuple[bytes, bytes]]] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/large":
            await asyncio.sleep(0.1)
            length = (b"content-length", b"%d" % LARGE)
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": b"a" * LARGE})
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        headers.append(list(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(application, lifespan="off", **serving(limits, certificate))
    running = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(running.serve(sockets=[listening]))
        yield Seen(headers, listening.getsockname()[1], running.server_state.connections)
        running.should_exit = True
        await task


async def sent(port: int, *parts: bytes, every: float = 0.0, trusted: ssl.SSLContext | None = None) -> Answer:
    """What is answered to these bytes, sent one part after the other; status 0: closed without an answer."""
    reader, writer = await asyncio.open_connection("localhost", port, ssl=trusted, family=socket.AF_INET)

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(every)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return Answer(int(head.split()[1]), await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return Answer(0, b"")
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


def problem(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)
    assert document["status"] == answer.status
    assert set(document) == {"type", "title", "status", "detail", "correlation_id"}
    return document


async def test_a_request_within_the_limits_is_served() -> None:
    async with server() as seen:
        assert await sent(seen.port, WHOLE) == (200, b"ok")
        assert await sent(seen.port, WHOLE[:10], WHOLE[10:], every=0.1) == (200, b"ok")


async def test_what_answers_took_is_freed_without_a_collection() -> None:
    """In a process that caches states only the youngest objects are ever collected: cycles would stay."""
    async with server() as seen:
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                assert await sent(seen.port, WHOLE) == (200, b"ok")
            await asyncio.sleep(0.1)  # the last connection is closed meanwhile
            left = [one for one in gc.get_objects() if isinstance(one, RequestResponseCycle)]
        finally:
            gc.enable()
    assert len(left) <= 1


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([HEAD, *[b"X-B: a\r\n" * 1000] * 100], "too-large"),
        ([HEAD + b"X-B: ", *[b"a" * 10_000] * 100], "too-large"),
        ([b"GET /" + b"a" * 10_000, *[b"a" * 10_000] * 100], "too-large"),
        ([HEAD + b"X-B: a\r\n" * 20 + b"\r\n"], "too-large"),
        ([HEAD], "too-slow"),
        ([b""], "too-slow"),
        ([HEAD, *[b"X-B: a\r\n"] * 50], "too-slow"),
        ([HEAD + b"Content-Length: 200\r\n\r\n", *[b"a"] * 100], "too-slow"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\na\r\n"] * 100], "too-slow"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X-T: a\r\n"] * 100], "too-slow"),
    ],
    ids=[
        *("lines without end", "a value without end", "an address without end", "too many lines"),
        *("half a head", "nothing", "a head in drops"),
        *("a body in drops", "chunks in drops", "trailers in drops"),
    ],
)
async def test_what_exceeds_a_limit_is_refused_and_the_connection_closed(
    parts: list[bytes], kind: str
) -> None:
    slow = kind == "too-slow"
    async with server(LIMITS if slow else DoorLimits(head_lines=20)) as seen:
        answer = await sent(seen.port, *parts, every=0.05 if slow else 0.0)
        assert problem(answer)["type"] == f"/problems/{kind}"
        assert seen.headers == []
        assert await sent(seen.port, WHOLE) == (200, b"ok")


async def test_trailers_without_end_are_refused() -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
    async with server(DoorLimits(body_seconds=5)) as seen:
        answer = await sent(seen.port, chunked, *[b"X-T: " + b"a" * 60_000 + b"\r\n"] * 40)
        assert problem(answer)["type"] == "/problems/too-large"


async def test_a_trailer_is_no_header() -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
    async with server() as seen:
        assert (await sent(seen.port, chunked)).status == 200
        assert b"authorization" not in dict(seen.headers[0])


async def test_one_peer_has_so_many_connections_and_others_wait_for_none_of_them() -> None:
    async with server(DoorLimits(connections=5, per_peer=4, head_seconds=5)) as seen:
        held = [await asyncio.open_connection("127.0.0.1", seen.port) for _ in range(4)]
        assert problem(await sent(seen.port, WHOLE))["type"] == "/problems/unavailable"
        held[0][1].close()
        await asyncio.sleep(0.1)
        assert (await sent(seen.port, WHOLE)).status == 200
        for _, writer in held:
            writer.close()


async def test_a_process_has_so_many_connections() -> None:
    async with server(DoorLimits(connections=3, head_seconds=5)) as seen:
        held = [await asyncio.open_connection("127.0.0.1", seen.port) for _ in range(3)]
        assert problem(await sent(seen.port, WHOLE))["type"] == "/problems/unavailable"
        for _, writer in held:
            writer.close()


@pytest.mark.parametrize("limits", [DoorLimits(connections=3), DoorLimits(per_peer=3)])
async def test_who_waits_with_a_request_makes_room_for_a_new_connection_the_longest_first(
    limits: DoorLimits,
) -> None:
    async with server(limits) as seen:
        kept = [await asyncio.open_connection("127.0.0.1", seen.port) for _ in range(3)]
        for reader, writer in kept:
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        assert (await sent(seen.port, WHOLE)).status == 200
        longest, *others = kept
        assert await longest[0].read() == b""
        for reader, writer in others:
            writer.write(WHOLE)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        for _, writer in kept:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def test_a_connection_is_kept_longer_than_a_proxy_keeps_its_own() -> None:
    """Sixty seconds is the default of nginx, of Amazon's load balancers and of Azure's gateways."""
    async with server() as seen:
        reader, writer = await asyncio.open_connection("127.0.0.1", seen.port)
        writer.write(WHOLE)
        await reader.readuntil(b"ok")
        [connection] = seen.connections
        assert connection.timeout_keep_alive_task.when() - asyncio.get_running_loop().time() > 60
        writer.close()
        await writer.wait_closed()


async def test_who_has_closed_its_own_half_gets_a_large_answer_however_late_and_slowly_it_is_read() -> None:
    async with server(DoorLimits(connections=1, head_seconds=0.3)) as seen:
        reader, writer = await asyncio.open_connection("127.0.0.1", seen.port, limit=1_000)
        writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET /half-a-head")
        writer.write_eof()
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(1_000)
            await asyncio.sleep(0.6)  # longer than a head may take here
            answer += await reader.read()
        assert answer == b"a" * LARGE
        assert (await sent(seen.port, WHOLE)).status == 200, "its place is free"
        writer.close()


async def test_the_limits_hold_within_tls_and_plain_text_gets_no_answer(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    trusted = trusting(authority.file)
    async with server(certificate=authority.certificate("localhost")) as seen:
        assert await sent(seen.port, WHOLE, trusted=trusted) == (200, b"ok")
        slow = await sent(seen.port, HEAD, trusted=trusted)
        assert problem(slow)["type"].endswith("too-slow")
        large = await sent(seen.port, HEAD, *[b"X-B: a\r\n" * 1000] * 100, trusted=trusted)
        assert problem(large)["type"].endswith("too-large")
        assert await sent(seen.port, WHOLE) == (0, b"")
    assert len(seen.headers) == 1
