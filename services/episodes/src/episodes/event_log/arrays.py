"""Columns as PostgreSQL's binary arrays, each of one type even when it is empty.

psycopg finds out the type of every list anew: that took a tenth of the writer's time, and a statement was
prepared again for each mixture of empty lists and widths of numbers.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any
from uuid import UUID

from psycopg import Connection, postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct("!iiIii").pack
_LENGTH = Struct("!i").pack


class Texts(list[str]):
    """`text[]`"""


class Uuids(list[UUID]):
    """`uuid[]`"""


class Numbers(list[int]):
    """`bigint[]`"""


class Bytes(list[bytes]):
    """`bytea[]`"""


def register(connection: Connection[Any]) -> None:
    """Let this connection send the columns."""
    for column, element, encode in _ELEMENTS:
        connection.adapters.register_dumper(column, _dumper(element, encode))


def _dumper(element: str, encode: Callable[[Any], bytes]) -> type[Dumper]:
    kind = postgres.types[element]

    class ColumnDumper(Dumper):
        format = Format.BINARY
        oid = kind.array_oid

        def dump(self, obj: Sequence[Any]) -> bytes:
            parts = [_HEAD(1, 0, kind.oid, len(obj), 1)]
            for item in map(encode, obj):
                parts += (_LENGTH(len(item)), item)
            return b"".join(parts)

    return ColumnDumper


_ELEMENTS: tuple[tuple[type[Any], str, Callable[[Any], bytes]], ...] = (
    (Texts, "text", str.encode),
    (Uuids, "uuid", lambda one: one.bytes),
    (Numbers, "int8", Struct("!q").pack),
    (Bytes, "bytea", bytes),
)
