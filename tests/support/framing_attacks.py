"""Requests whose beginning or end a gateway in front and the service behind might see in different places.

Each is sent as it stands here, on a connection of its own. It is refused and the connection closed, or it is
read as RFC 9112 says; what follows it is never answered as if it were a request of its own.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from urllib.parse import urlsplit

SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: smuggled\r\n\r\n"


def _post(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join(["POST /v1/none HTTP/1.1", "Host: a", *lines, "", ""]).encode("latin-1") + body


REFUSED: Mapping[str, bytes] = MappingProxyType(
    {
        "length and chunks": _post(
            "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
        ),
        "chunks and length": _post(
            "Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED
        ),
        "two lengths": _post("Content-Length: 0", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
        "two equal lengths": _post("Content-Length: 0", "Content-Length: 0", body=SMUGGLED),
        "a list of lengths": _post("Content-Length: 0, 5", body=SMUGGLED),
        "a signed length": _post("Content-Length: +0", body=SMUGGLED),
        "a negative length": _post("Content-Length: -1", body=SMUGGLED),
        "a length in hex": _post("Content-Length: 0x0", body=SMUGGLED),
        "a length with a unit": _post("Content-Length: 0b", body=SMUGGLED),
        "a length in other digits": _post("Content-Length: \xb2", body=SMUGGLED),
        "a huge length": _post("Content-Length: 99999999999999999999", body=SMUGGLED),
        "a length with a space before the colon": _post("Content-Length : 0", body=SMUGGLED),
        "an encoding with a space before the colon": _post("Transfer-Encoding : chunked", body=SMUGGLED),
        "an unknown encoding": _post("Transfer-Encoding: xchunked", body=SMUGGLED),
        "chunked before another encoding": _post("Transfer-Encoding: chunked, identity", body=SMUGGLED),
        "chunked twice": _post(
            "Transfer-Encoding: chunked", "Transfer-Encoding: chunked, x", body=b"0\r\n\r\n" + SMUGGLED
        ),
        "a quoted encoding": _post('Transfer-Encoding: "chunked"', body=SMUGGLED),
        "a folded header": _post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n" + SMUGGLED),
        "a header without a name": _post(": x", body=SMUGGLED),
        "a header without a colon": _post("Content-Length 0", body=SMUGGLED),
        "a NUL in a header": _post("X-A: a\x00b", body=SMUGGLED),
        "a NUL in a name": _post("X\x00-A: a", body=SMUGGLED),
        "a bare carriage return": _post("X-A: a\rContent-Length: 0", body=SMUGGLED),
        "a chunk of no size": _post("Transfer-Encoding: chunked", body=b"\r\n\r\n" + SMUGGLED),
        "a chunk of a negative size": _post("Transfer-Encoding: chunked", body=b"-1\r\n\r\n" + SMUGGLED),
        "a chunk size with a prefix": _post("Transfer-Encoding: chunked", body=b"0x0\r\n\r\n" + SMUGGLED),
        "a chunk of a huge size": _post("Transfer-Encoding: chunked", body=b"f" * 17 + b"\r\n" + SMUGGLED),
        "a chunk longer than its size": _post(
            "Transfer-Encoding: chunked", body=b"1\r\nab\r\n0\r\n\r\n" + SMUGGLED
        ),
        "chunks with bare line feeds": _post("Transfer-Encoding: chunked", body=b"0\n\n" + SMUGGLED),
        "no version": b"POST /v1/none\r\nHost: a\r\n\r\n" + SMUGGLED,
        "another protocol": b"POST /v1/none HTTQ/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
        "an unknown version": b"POST /v1/none HTTP/9.9\r\nHost: a\r\n\r\n" + SMUGGLED,
        "HTTP/2 without its upgrade": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED,
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        "a space in the address": b"POST /v1/none /x HTTP/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
        "an unknown method": b"SMUGGLE /v1/none HTTP/1.1\r\nHost: a\r\n\r\n" + SMUGGLED,
    }
)  # fmt: skip
"""What is answered 400, once, and then the connection is closed."""


def answers_to(address: str, request: bytes) -> list[bytes]:
    """The first line of each answer on a new connection, which the service closes or leaves idle."""
    parts = urlsplit(address)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=2) as connection:
        connection.sendall(request)
        with suppress(TimeoutError, ConnectionError):
            while data := connection.recv(65_536):
                received += data
    return [line for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def check_framing(address: str) -> None:
    """Check that each of them is answered once, as malformed, and nothing that follows it."""
    answered = {name: answers_to(address, sent) for name, sent in REFUSED.items()}
    statuses = {name: [line.split()[1] for line in lines] for name, lines in answered.items()}
    assert statuses == {name: [b"400"] for name in REFUSED}
