"""The numbers that others gave clients: stored as given, compared trimmed and composed (NFC).

The database computes what is compared (`compared_form`), so that whoever writes a row writes it too.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from episodes.directory import rules
from episodes.directory.asking import Asking
from episodes.directory.models import Identifier
from episodes.domain.refusals import NotAllowed, RuleBroken

Number = Mapping[str, str]
"""`system` and `value` of an identifier."""

_OF = "SELECT system, value FROM client_identifiers WHERE network_id = %s AND client_id = %s"
_ALIKE = """SELECT client_id, system, value FROM client_identifiers WHERE network_id = %s
AND compared_system = compared_form(%s) AND compared_value = compared_form(%s)"""
_REMOVE = """DELETE FROM client_identifiers
WHERE network_id = %s AND client_id = %s AND system = %s AND value = %s"""
_ADD = "INSERT INTO client_identifiers (network_id, client_id, system, value) VALUES (%s, %s, %s, %s)"
_PARTNERS = "SELECT partner_id FROM partners WHERE network_id = %s AND partner_id = ANY(%s)"


def order(number: Number) -> tuple[str, str]:
    return number["system"], number["value"]


async def of(connection: AsyncConnection[Any], network: str, client: UUID | None) -> list[dict[str, str]]:
    """A client's identifiers as given, in order."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_OF, (network, client))
    return sorted(await cursor.fetchall(), key=order)


async def client_of(connection: AsyncConnection[Any], network: str, wanted: Identifier) -> UUID | None:
    """The client with an identifier: the one to whom it was given so, else the only one it compares equal to.

    Two that compare equal may be there from before they were compared so; then neither is guessed.
    """
    cursor = await connection.execute(_ALIKE, (network, wanted.system, wanted.value))
    found = await cursor.fetchall()
    exact = {row[0] for row in found if row[1:] == (wanted.system, wanted.value)}
    clients = exact or {row[0] for row in found}
    return clients.pop() if len(clients) == 1 else None


async def replace(
    connection: AsyncConnection[Any],
    asking: Asking,
    client: UUID,
    before: Sequence[Number],
    after: Sequence[Number],
) -> None:
    """Write the difference. Raises `NotAllowed` if the caller may not move a partner's number."""
    removed = [one for one in before if one not in after]
    added = [one for one in after if one not in before]
    if not rules.may_move_numbers(asking.caller):
        await _refuse_to_move(connection, asking.network, removed, added, before)
    for one in removed:
        await connection.execute(_REMOVE, (asking.network, client, *order(one)))
    for one in added:
        await _refuse_another(connection, asking.network, client, one)
        await connection.execute(_ADD, (asking.network, client, *order(one)))


async def _refuse_another(
    connection: AsyncConnection[Any], network: str, client: UUID, added: Number
) -> None:
    """The index refuses what is alike, too, but for pairs that were there before it."""
    cursor = await connection.execute(_ALIKE, (network, *order(added)))
    holders = {row[0] for row in await cursor.fetchall()}
    if client in holders:
        raise RuleBroken("identifier-twice", "/identifiers")
    if holders:
        raise RuleBroken("identifier-of-another-client", "/identifiers")


async def _refuse_to_move(
    connection: AsyncConnection[Any],
    network: str,
    removed: Sequence[Number],
    added: Sequence[Number],
    before: Sequence[Number],
) -> None:
    """A first number of a partner may be given by anybody who may write; it stays, and is the only one."""
    had = {_system(one) for one in before}
    moved = {_system(one) for one in removed} | {_system(one) for one in added if _system(one) in had}
    cursor = await connection.execute(_PARTNERS, (network, [id for one in moved if (id := _id(one))]))
    if await cursor.fetchone() is not None:
        raise NotAllowed("partner-identifier-moved", "/identifiers")


def _system(number: Number) -> str:
    return unicodedata.normalize("NFC", number["system"].strip())


def _id(system: str) -> UUID | None:
    """The id of a partner, if this is how the system of its own numbers is called."""
    try:
        return UUID(system)
    except ValueError:
        return None
