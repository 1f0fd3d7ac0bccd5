"""Whatever is sent to the demo partner over a real connection, it answers it, and never with 5xx."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from demo.partner import endpoint
from demo.partner.endpoint import LONGEST_BODY, DemoPartner
from demo.partner.ledger import Ledger
from demo.partner.signature import secret_key
from demo.partner.subscribing import Subscribing
from tests.cases.test_demo_partner import SECRET, signed

CHALLENGE = {"type": "care.challenge.v1", "data": {"challenge": "the-value"}}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TestServer]:
    subscribing = Subscribing("http://127.0.0.1:9", "", lambda: "", tmp_path / "subscription.json")
    subscribing.key = secret_key(SECRET)
    one = TestServer(DemoPartner(Ledger(tmp_path / "received.jsonl"), subscribing).app())
    async with one:
        yield one


def request(
    body: bytes = b"", line: bytes = b"POST /webhooks HTTP/1.1", length: bytes | None = None, **headers: str
) -> bytes:
    """A request with our signature, byte for byte. `headers` come beside those or replace them."""
    ours = signed(at=datetime.now(UTC), body=body.decode("utf-8", "replace"))
    ours = {"content-type": "application/json", **ours}
    ours.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = [line, b"host: partner.example", b"connection: close"]
    lines += [f"{name}: {value}".encode("latin-1") for name, value in ours.items()]
    if "transfer_encoding" not in headers:
        lines.append(b"content-length: " + (str(len(body)).encode() if length is None else length))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def send(server: TestServer, raw: bytes) -> bytes:
    """All that is answered."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(raw)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


VALID = json.dumps(CHALLENGE).encode()
MALFORMED: dict[str, bytes] = {
    "no body": request(),
    "no JSON": request(b"challenge=1"),
    "no UTF-8": request(b"\xff\xfe"),
    "a list": request(b"[]"),
    "null": request(b"null"),
    "deep": request(b"[" * 60_000),
    "a challenge without value": request(b'{"type": "care.challenge.v1", "data": {}}'),
    "a challenge of another form": request(b'{"type": "care.challenge.v1", "data": ["challenge"]}'),
    "a challenge that is no text": request(b'{"type": "care.challenge.v1", "data": {"challenge": 7}}'),
    "a type that is none": request(b'{"type": [], "data": {"challenge": "x"}}'),
    "no headers": b"POST /webhooks HTTP/1.1\r\nhost: p\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
    "no id": request(VALID, webhook_id=""),
    "no time": request(VALID, webhook_timestamp=""),
    "another signature": request(VALID, webhook_signature="v1,AAAA"),
    "a signature that is no ASCII": request(VALID, webhook_signature="v1,\xe9"),
    "a header that is no ASCII": request(VALID, webhook_id="\xff"),
    "a body that is too long": request(b"x" * (LONGEST_BODY + 1)),
    "a length of letters": request(VALID, length=b"many"),
    "a negative length": request(VALID, length=b"-1"),
    "two lengths": request(VALID, length=b"2\r\ncontent-length: 3"),
    "chunks that are none": request(b"zz\r\n{}\r\n0\r\n\r\n", transfer_encoding="chunked"),
    "no gzip": request(VALID, content_encoding="gzip"),
    "a bomb": request(gzip.compress(b"x" * 100_000_000), content_encoding="gzip"),
    "an unknown coding": request(VALID, content_encoding="x-none"),
    "another method": request(VALID, b"PUT /webhooks HTTP/1.1"),
    "a method that is none": request(VALID, b"P\x00T /webhooks HTTP/1.1"),
    "GET": request(b"", b"GET /webhooks HTTP/1.1"),
    "another path": request(VALID, b"POST /elsewhere HTTP/1.1"),
    "no HTTP": b"hello\r\n\r\n",
    "another version": request(VALID, b"POST /webhooks HTTP/7.0"),
    "a line without end": request(VALID, b"POST /" + b"x" * 20_000 + b" HTTP/1.1"),
    "a header without end": request(VALID, x="x" * 20_000),
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_what_is_malformed_is_answered_with_4xx(what: str, server: TestServer) -> None:
    assert 400 <= status(await send(server, MALFORMED[what])) < 500


async def test_a_challenge_is_echoed_if_it_is_signed(server: TestServer) -> None:
    head, _, body = (await send(server, request(VALID))).partition(b"\r\n\r\n")
    assert (status(head), json.loads(body)) == (200, {"challenge": "the-value"})
    assert b"the-value" not in await send(server, request(VALID, webhook_signature="v1,AAAA"))


async def test_a_body_that_does_not_come_is_not_waited_for(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "BODY_SECONDS", 0.1)
    assert status(await send(server, request(b"{", length=b"1000"))) == 408
