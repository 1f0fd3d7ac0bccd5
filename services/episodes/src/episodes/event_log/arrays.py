"""Columns as PostgreSQL's binary arrays, each of a fixed type even when empty.

psycopg would determine the type of every list again. This took a tenth of the writer's time, and a statement
was prepared again for each combination of empty lists and sizes of numbers.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

from psycopg import Connection, postgres
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEAD = Struct("!iiIii").pack
_LENGTH = Struct("!i").pack


class Texts(list[str]):
    """A column of type `text[]`."""


class Uuids(list[UUID]):
    """A column of type `uuid[]`."""


class Numbers(list[int]):
    """A column of type `bigint[]`."""


class Bytes(list[bytes]):
    """A column of type `bytea[]`."""


class Times(list[datetime]):
    """A column of type `timestamptz[]`."""


def register(connection: Connection[Any]) -> None:
    """Let this connection send such columns."""
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


_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds from here."""


def _microseconds(at: datetime) -> bytes:
    return Struct("!q").pack((at - _SINCE) // timedelta(microseconds=1))


_ELEMENTS: tuple[tuple[type[Any], str, Callable[[Any], bytes]], ...] = (
    (Texts, "text", str.encode),
    (Uuids, "uuid", lambda one: one.bytes),
    (Numbers, "int8", Struct("!q").pack),
    (Bytes, "bytea", bytes),
    (Times, "timestamptz", _microseconds),
)
