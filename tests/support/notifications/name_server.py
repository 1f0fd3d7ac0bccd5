"""A name server that knows a few names, and is silent about others."""

import socket
import struct
import threading
from collections.abc import Collection, Mapping
from typing import Self

_ANSWER, _NO_SUCH_NAME = 0x8180, 0x8183
_IPV4 = 1
_HEADER_BYTES, _QUESTION_BYTES = 12, 4


class NameServer:
    """Answers over UDP with the IPv4 addresses of `known`; asked about a name below `silent`, not at all."""

    def __init__(self, known: Mapping[str, str], silent: Collection[str] = ()) -> None:
        self._known, self._silent = dict(known), tuple(silent)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._questions: list[tuple[str, int]] = []

    @property
    def address(self) -> str:
        """Host and port, as a setting names them."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    @property
    def asked(self) -> set[str]:
        """The names that were asked for."""
        return {name for name, _ in self._questions}

    def count(self, name: str) -> int:
        """How often the IPv4 address of a name was asked for."""
        return self._questions.count((name, _IPV4))

    def learn(self, name: str, address: str) -> None:
        """Know a name from now on."""
        self._known[name] = address

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            if not query:
                return
            name, end = _name(query)
            (kind,) = struct.unpack_from("!H", query, end)
            self._questions.append((name, kind))
            if not name.endswith(self._silent or ("\0",)):
                self._socket.sendto(self._answer(query, name, kind, end), client)

    def _answer(self, query: bytes, name: str, kind: int, end: int) -> bytes:
        address = self._known.get(name)
        found = address is not None and kind == _IPV4
        flags = _NO_SUCH_NAME if address is None else _ANSWER
        answer = query[:2] + struct.pack("!5H", flags, 1, int(found), 0, 0)
        answer += query[_HEADER_BYTES : end + _QUESTION_BYTES]
        if address is not None and found:
            answer += struct.pack("!HHHIH", 0xC00C, _IPV4, 1, 60, 4) + socket.inet_aton(address)
        return answer


def _name(query: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, at = [], _HEADER_BYTES
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode().lower())
        at += 1 + length
    return ".".join(labels), at + 1
