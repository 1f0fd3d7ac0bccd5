"""Changing the key that seals a service's secrets, while its processes run.

The keys in use are rows of a table: the newest seals what is new, each of the others still opens what it
sealed. Whatever is sealed refers to its key's row, so PostgreSQL itself refuses to retire a key that
something needs, and to store what a retired key has sealed.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from psycopg import Connection
from psycopg.errors import DeadlockDetected, ForeignKeyViolation
from psycopg.sql import SQL, Identifier

from care_platform.crash_points import crash_point
from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import KeyInUse, NumberedKeys, NumberedSeal, SealingKey, key_of
from care_platform.postgres.row_security import SCOPE, scoped

BATCH = 500
"""How many secrets one transaction seals anew: some ten milliseconds, for which an erasure may wait."""
_ROTATING = 0x726F746174
"""The advisory lock by which two rotations take turns, batch by batch: together they could deadlock."""
_SAY_EVERY = 1.0


Fresh = tuple[str, UUID, bytes, bytes]
"""Network, id, what was sealed, and the same sealed anew."""


class Refused(Exception):
    """What was asked is not done. The message is for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Where a service keeps what it seals, and the statements for it."""

    in_use: LiteralString
    """The table of keys in use: `number`, `fingerprint`, `since`."""
    left: LiteralString
    """Counts what keys before number %s have sealed."""
    batch: LiteralString
    """Such rows after a network and id, in this order: network, id, sealed, and whatever else it is bound to.
    Takes network, id, number, limit."""
    replace: LiteralString
    """Replaces, if it is still as it was, and counts. Takes columns: networks, ids, old, new."""
    bound_to: Callable[..., bytes]
    """What a row's secret is bound to, of network, id and what else `batch` selects."""


class Progress(NamedTuple):
    """How far a rotation has come."""

    done: int
    total: int
    seconds: float

    def __str__(self) -> str:
        rate = self.done / self.seconds if self.seconds else 0
        return f"{self.done} of {self.total} sealed anew, {rate:.0f} a second"


def in_use(connection: Connection[Any], sealed: Sealed) -> list[KeyInUse]:
    """The keys in use, oldest first."""
    query = SQL("SELECT number, fingerprint FROM {} ORDER BY number").format(Identifier(sealed.in_use))
    return [KeyInUse(*row) for row in connection.execute(query).fetchall()]


def begin(connection: Connection[Any], sealed: Sealed, keys: NumberedKeys[SealingKey]) -> KeyInUse:
    """From now on the newest key of the directory seals what is new. To be called again is to go on.

    Raises `Refused` if there is no newer key, and `KeyUnavailable` if any in use is not here.
    """
    known, newest = in_use(connection, sealed), keys.newest
    for each in known:
        key_of(keys, each)
    if newest > known[-1].number:
        begun = SQL("INSERT INTO {} (number, fingerprint) VALUES (%s, %s) ON CONFLICT DO NOTHING")
        connection.execute(begun.format(Identifier(sealed.in_use)), (newest, keys[newest].fingerprint))
        known = in_use(connection, sealed)
        key_of(keys, known[-1])
    if known[-1].number == 0:
        raise Refused("there is no newer key: make one with `keys add`, and copy it to every host")
    return known[-1]


def seal_anew(
    connection: Connection[Any],
    sealed: Sealed,
    seal: NumberedSeal,
    networks: Sequence[str],
    say: Callable[[str], object],
) -> list[tuple[str, UUID]]:
    """Seal with the newest key what older ones have sealed. Stopped at any moment, it can be begun again.

    It ends when a whole pass finds nothing to do: a transaction that was under way when the key changed may
    still store something under the old one. Returns network and id of what no key here opens.
    """
    newest, begun, done, said = in_use(connection, sealed)[-1], time.monotonic(), 0, 0.0
    total = _left(connection, sealed, networks, newest)
    while True:
        before, unopened = done, []
        for replaced, failed in _pass(connection, sealed, seal, networks, newest):
            done += replaced
            unopened += failed
            now = time.monotonic()
            if now - said > _SAY_EVERY:
                say(str(Progress(done, max(total, done), now - begun)))
                said = now
        if done == before:
            say(str(Progress(done, max(total, done), time.monotonic() - begun)))
            return unopened


def retire(connection: Connection[Any], sealed: Sealed, number: int) -> None:
    """From now on nothing can be stored that this key has sealed. Raises `Refused` while anything is."""
    known = [each.number for each in in_use(connection, sealed)]
    if number not in known:
        raise Refused(f"number {number} is not in use; in use: {', '.join(map(str, known))}")
    if number == known[-1]:
        raise Refused(f"number {number} seals what is new: add a key and rotate first")
    try:
        statement = SQL("DELETE FROM {} WHERE number = %s").format(Identifier(sealed.in_use))
        connection.execute(statement, (number,))
    except ForeignKeyViolation:
        raise Refused(
            f"number {number} is still needed: run `keys rotate` again, with every network of the store named"
        ) from None


def _left(connection: Connection[Any], sealed: Sealed, networks: Sequence[str], key: KeyInUse) -> int:
    with connection.transaction():
        connection.execute(SCOPE, scoped(networks))
        [(count,)] = connection.execute(sealed.left, (key.number,)).fetchall()
    return int(count)


def _pass(
    connection: Connection[Any],
    sealed: Sealed,
    seal: NumberedSeal,
    networks: Sequence[str],
    newest: KeyInUse,
) -> Iterator[tuple[int, list[tuple[str, UUID]]]]:
    """Batch by batch through the table: how many were replaced, and what could not be opened."""
    after: tuple[str, UUID] | None = ("", UUID(int=0))
    while after is not None:
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ROTATING,))
                connection.execute(SCOPE, scoped(networks))
                rows = connection.execute(sealed.batch, (*after, newest.number, BATCH)).fetchall()
                fresh, unopened = _sealed_anew(sealed, seal, newest, rows)
                replaced = _replaced(connection, sealed, fresh)
                crash_point("keys.before-commit")
        except DeadlockDetected:  # with others who change several of these rows in one transaction
            continue
        crash_point("keys.after-batch")
        yield replaced, unopened
        after = rows[-1][:2] if len(rows) == BATCH else None


def _replaced(connection: Connection[Any], sealed: Sealed, fresh: Sequence[Fresh]) -> int:
    if not fresh:
        return 0
    columns = [list(column) for column in zip(*fresh, strict=True)]
    [(count,)] = connection.execute(sealed.replace, columns).fetchall()
    return int(count)


def _sealed_anew(
    sealed: Sealed, seal: NumberedSeal, newest: KeyInUse, rows: Sequence[Any]
) -> tuple[list[Fresh], list[tuple[str, UUID]]]:
    fresh: list[Fresh] = []
    unopened: list[tuple[str, UUID]] = []
    for network, identifier, old, *more in rows:
        bound = sealed.bound_to(network, identifier, *more)
        try:
            fresh.append((network, identifier, old, seal.again(newest, old, bound)))
        except (InvalidTag, ValueError, KeyUnavailable):
            unopened.append((network, identifier))
    return fresh, unopened
