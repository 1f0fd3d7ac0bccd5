"""Bounds what an endpoint may say before its answer: interim responses, header lines, and their bytes.

aiohttp drops interim responses (1xx) without counting them, and parses whatever arrives in one piece, so that
malformed bytes after a head lose the head too. Here a head is parsed line by line until it is whole.
"""

from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader

MOST_BYTES = 64 * 1024
MOST_LINES = 512
"""How much may come before the body of an answer, interim responses included."""
MOST_INTERIM = 10


class BoundedHead(ResponseHandler):
    """The protocol of one connection. An answer whose head has no end is refused, and the connection ended.

    The status decides once the head is whole: what is wrong with the bytes after it ends the connection only.
    """

    def set_response_params(self, **parameters: Any) -> None:
        """The next answer begins."""
        self._bytes = self._lines = self._interim = 0
        self._whole = False
        super().set_response_params(**parameters)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """A head is whole. An interim one is counted and dropped."""
        message, _ = data
        if message.code < HTTPStatus.OK and message.code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._interim += 1
        else:
            self._whole = True
            super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        begin = 0
        while begin < len(data) and self._reads_a_head:
            end = data.find(b"\n", begin) + 1 or len(data)
            self._bytes += end - begin
            self._lines += 1
            if self._too_much:
                self._refuse()
                return
            super().data_received(data[begin:end])
            begin = end
        if begin < len(data) or not data:
            super().data_received(data[begin:])

    @property
    def _reads_a_head(self) -> bool:
        return self._parser is not None and not self._whole and self._exception is None

    @property
    def _too_much(self) -> bool:
        return self._bytes > MOST_BYTES or self._lines > MOST_LINES or self._interim > MOST_INTERIM

    def _refuse(self) -> None:
        self.set_exception(HttpProcessingError(message="the head has no end"))
        if self.transport is not None:
            self.transport.abort()


class BoundedHeads(aiohttp.TCPConnector):
    """A connector whose connections are `BoundedHead`. It takes the arguments of `TCPConnector`."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._factory = partial(BoundedHead, loop=self._loop)  # type: ignore[assignment]
