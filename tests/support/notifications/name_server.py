"""A name server that knows a few names, and is silent about others."""

import socket
import struct
import threading
from collections.abc import Collection, Mapping
from typing import Self

_ANSWER, _NO_SUCH_NAME = 0x8180, 0x8183
_IPV4, _IPV6 = 1, 28
_FAMILIES = {_IPV4: socket.AF_INET, _IPV6: socket.AF_INET6}
_HEADER_BYTES, _QUESTION_BYTES = 12, 4


class NameServer:
    """Answers over UDP with the addresses of `known`, several if they stand apart; asked about a name below
    `silent`, not at all.
    """

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
        addresses = self._known.get(name)
        found = [packed for one in (addresses or "").split() if (packed := _packed(one, kind))]
        flags = _NO_SUCH_NAME if addresses is None else _ANSWER
        answer = query[:2] + struct.pack("!5H", flags, 1, len(found), 0, 0)
        answer += query[_HEADER_BYTES : end + _QUESTION_BYTES]
        for packed in found:
            answer += struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(packed)) + packed
        return answer


def _packed(address: str, kind: int) -> bytes | None:
    """The address in a record of this kind; None if it belongs in none."""
    if (_IPV6 if ":" in address else _IPV4) != kind:
        return None
    return socket.inet_pton(_FAMILIES[kind], address)


def _name(query: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, at = [], _HEADER_BYTES
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode().lower())
        at += 1 + length
    return ".".join(labels), at + 1
