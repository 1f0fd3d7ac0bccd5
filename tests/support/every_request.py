"""Checks that hold for any request to either service, made over HTTP."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from care_platform.http.fault_words import of_request
from tests.support.waiting import PATIENCE, eventually

CHANGING = ("date", "x-correlation-id", "content-length", "etag")
"""Headers in which an answer may differ from an earlier one to the same request (metrics change)."""


def paths_to_get(client: httpx.Client, ids: Mapping[str, Any]) -> Iterator[str]:
    """Every path that can be read by the service's own document, and the document itself."""
    yield "/openapi.json"
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if "get" in operations:
            yield path.format_map(ids)


def check_reading(client: httpx.Client, path: str, headers: Mapping[str, str]) -> None:
    """Check that `HEAD` answers as `GET` does, without a body, and that no answer may be cached."""
    got, head = (client.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert got.status_code != 405, path
    assert got.headers["cache-control"] == "no-store", path
    assert (head.status_code, head.content) == (got.status_code, b""), path
    assert _steady(head) == _steady(got), path


def hang_up(url: str, path: str, token: str, correlation: str) -> None:
    """Announce a body of 100 bytes, send six of them, and disconnect."""
    parts = urlsplit(url)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {correlation}\r\n"
        f"X-Correlation-Id: {correlation}\r\nContent-Length: 100\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(head.encode() + b'{"a": ')


def check_half_closed(url: str, path: str) -> None:
    """Check that whoever closes its own half after a request is answered whole, and the connection then
    closed: at once, where nothing is to be answered.
    """
    whole = httpx.get(url + path)
    for _ in range(3):
        answer = _answered_half_closed(url, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert body == whole.content
    pipelined = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * 3
    assert _answered_half_closed(url, pipelined).count(b"HTTP/1.1 200 ") == 3
    for nothing_whole in (b"", b"GET /"):
        assert _answered_half_closed(url, nothing_whole) == b""


def _answered_half_closed(url: str, request: bytes) -> bytes:
    """All that is sent until the connection is closed."""
    parts, answer = urlsplit(url), b""
    with socket.create_connection((parts.hostname, parts.port), timeout=5 * PATIENCE) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while received := connection.recv(65_536):
            answer += received
    return answer


def flood(url: str) -> bytes:
    """The first line of the answer to a head of 20 MB, sent until the connection is closed."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        with suppress(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(200):
                connection.sendall(b"X-B: a\r\n" * 12_500)
        return connection.recv(100).partition(b"\r\n")[0]


def check_single_headers(client: httpx.Client, path: str, token: str) -> None:
    """Check that a header with one value is refused when it is given twice, by its name."""
    whole = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    for name, value in {**whole, "idempotency-key": str(UUID(int=5)), "content-encoding": "identity"}.items():
        given = [it for it in whole.items() if it[0] != name] + [(name, value), (name, value)]
        answer = client.post(path, content=b"{}", headers=given)
        assert answer.status_code == 400, name
        assert answer.json()["errors"] == [of_request(f"/headers/{name}", "given_once")]
    hosts = b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"  # httpx sends no second one
    with socket.create_connection(
        (client.base_url.host, client.base_url.port or 80), timeout=5
    ) as connection:
        connection.sendall(hosts)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


CONTROL_CHARACTERS = ("%0a", "%0d", "%00", "%09", "%1f", "%7f", "%c2%85", "%e2%80%a8")


def check_paths(client: httpx.Client, path: str) -> None:
    """Check that a control character anywhere in a path is refused, before it is asked whose path it is."""
    for character in CONTROL_CHARACTERS:
        for place in (1, len(path) // 2, len(path)):
            answer = client.post(path[:place] + character + path[place:], content=b"{}")
            assert answer.status_code == 400, (character, place)
            assert answer.json()["errors"] == [of_request("/path", "control_characters")]


def check_operations_apart(public: str, operations: str) -> None:
    """Check that each address answers its own paths, and what is alive both."""
    for path in ("/health/ready", "/metrics", "/openapi.json"):
        assert httpx.get(public + path).status_code == 404, path
        eventually(partial(_answers, operations + path), path)
    for path, status in (("/health/live", 200), ("/problems/malformed", 404), ("/v1/feed", 404)):
        assert httpx.get(operations + path).status_code == status, path
    assert httpx.get(f"{public}/v1/feed").status_code in (401, 404)
    assert httpx.get(f"{public}/health/live").status_code == 200


def _answers(address: str) -> bool:
    return httpx.get(address).status_code == 200


def _steady(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in CHANGING}
