"""Writes and sends the documents about an episode, piece by piece.

Written in one call, a long document would hold the interpreter, and so the event loop, whichever thread
writes it; and to copy one whole takes the event loop longer than all else that it does for a request.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from episodes.reading.documents import Document

_PIECE = 64 * 1024
"""How many bytes a piece has at least, but for the last."""


class InPieces(Response):
    """An answer of JSON that is sent in pieces, each once the one before is on its way."""

    def __init__(self, pieces: Sequence[bytes], headers: dict[str, str]) -> None:
        length = {"content-length": str(sum(map(len, pieces)))}
        super().__init__(headers=headers | length, media_type="application/json")
        self.pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        for left, piece in zip(range(len(self.pieces) - 1, -1, -1), self.pieces, strict=True):
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})


def written(document: Document) -> list[bytes]:
    """The document as JSON, in pieces."""
    return list(_gathered(_parts(document)))


def _gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    piece, size = list[bytes](), 0
    for part in parts:
        piece.append(part)
        size += len(part)
        if size >= _PIECE:
            yield b"".join(piece)
            piece, size = [], 0
    yield b"".join(piece)


def _parts(document: Document) -> Iterator[bytes]:
    before = b"{"
    for name, part in document.items():
        yield before + to_json(name) + b":"
        if isinstance(part, list):
            yield from _entries(part)
        else:
            yield to_json(part)
        before = b","
    yield b"}" if document else b"{}"


def _entries(part: list[Any]) -> Iterator[bytes]:
    before = b"["
    for entry in part:
        yield before
        yield to_json(entry)
        before = b","
    yield b"]" if part else b"[]"
