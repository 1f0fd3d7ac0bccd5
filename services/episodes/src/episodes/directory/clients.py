"""Clients' identities: erasable rows beside the event log, for the clinics at which a client is registered.

What one may not see is answered as what is not there, after the same statements.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from episodes.access import Caller
from episodes.directory import accesses, changes, identifiers, registrations, rules, tables
from episodes.directory.accesses import Access, AccessRecord
from episodes.directory.asking import Asking
from episodes.directory.changes import Place
from episodes.directory.models import ClientIdentity, Identifier
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.errors import Moved, NotThere
from episodes.event_log.reader import Database
from episodes.http.entity_tags import Expected, refuse_unexpected

_IDENTITY = "SELECT identity, version FROM clients WHERE network_id = %s AND client_id = %s"
_PUT = """INSERT INTO clients (network_id, client_id, identity, version) VALUES (%s, %s, %s, %s)
ON CONFLICT (network_id, client_id) DO UPDATE SET identity = excluded.identity, version = excluded.version"""
_DELETE = "DELETE FROM clients WHERE network_id = %s AND client_id = %s"
MOST_MISTAKES = 5
"""How often within a day a client may be looked for with another birth date, by anybody: a choice. There are
some thirty thousand days to guess among.
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory has under a client's id; without an entry no version, and an empty state."""

    version: int | None
    state: dict[str, Any]
    clinics: frozenset[UUID]

    def is_one_of(self, caller: Caller) -> bool:
        return caller.reaches(self.clinics)

    @property
    def is_new(self) -> bool:
        """Whether the id is nobody's: neither has it an entry, nor had it one that was deleted."""
        return self.version is None and not self.clinics


class Clients:
    """Every call is for the network of whoever asks. A client that is not theirs is `NotThere`."""

    def __init__(self, database: Database, record: AccessRecord) -> None:
        self._database = database
        self._record = record

    async def read(self, asking: Asking, client: UUID) -> tuple[dict[str, Any], int]:
        """The identity, and its version."""
        async with self._database.within(asking.network) as connection:
            known = await _known(connection, asking, client)
        if known.version is None or not known.is_one_of(asking.caller):
            raise NotThere
        await self._record.add(Access(asking, "read", client))
        clinics = sorted(filter(asking.caller.may_act_for, known.clinics))
        return {"id": client, **known.state, "clinics": clinics}, known.version

    async def find(self, asking: Asking, identifier: Identifier) -> UUID | None:
        """The client with an identifier, if it is one of the caller's."""
        async with self._database.within(asking.network) as connection:
            client = await identifiers.client_of(connection, asking.network, identifier)
            clinics = await registrations.clinics_of(connection, asking.network, client)
        if client is None or not asking.caller.reaches(clinics):
            return None
        await self._record.add(Access(asking, "found", client))
        return client

    async def put(
        self, asking: Asking, client: UUID, entry: ClientIdentity, expected: Expected | None, now: datetime
    ) -> int:
        """Replace the identity whole, and register the client. Returns the version it has now.

        Refuses an identifier that is another client's, and a birth date that cannot be.
        """
        try:
            async with self._database.within(asking.network) as connection:
                await changes.alone(connection, _place(asking, client))
                known = await _known(connection, asking, client)
                return await _put(connection, asking, client, known, entry, expected, now)
        except UniqueViolation:
            raise RuleBroken("identifier-of-another-client", "/identifiers") from None

    async def delete(self, asking: Asking, client: UUID, expected: Expected | None) -> None:
        """Remove the identity, also as it was, and the identifiers. The record of care stays."""
        place = _place(asking, client)
        async with self._database.within(asking.network) as connection:
            await changes.alone(connection, place)
            known = await _known(connection, asking, client)
            if known.version is None or not known.is_one_of(asking.caller):
                raise NotThere
            refuse_unexpected(expected, known.version)
            await connection.execute(_DELETE, (asking.network, client))
            await changes.keep(connection, asking, place, known.version + 1, known.state, None)
            await accesses.keep(connection, [Access(asking, "deleted", client)])

    async def register(self, asking: Asking, client: UUID, clinic: UUID) -> None:
        """Register one of the caller's clients at one of its clinics."""
        async with self._database.within(asking.network) as connection:
            known = await _known(connection, asking, client)
            there = await tables.there(connection, asking.network, (clinic,))
            if known.version is None or not known.is_one_of(asking.caller):
                raise NotThere
            if not there or not asking.caller.may_act_for(clinic):
                raise NotThere
            await registrations.add(connection, asking, client, {clinic} - known.clinics, "added")
            await accesses.keep(connection, [Access(asking, "registered", client)])

    async def identify(self, asking: Asking, clinic: UUID, identifier: Identifier, birth_date: date) -> UUID:
        """The client with this identifier and birth date, who is registered at a clinic of the caller.

        Whatever is wrong is `NotThere`, after the same statements. Mistakes are recorded, and after a few of
        them within a day what is right is refused as well.
        """
        async with self._database.within(asking.network) as connection:
            there = await tables.there(connection, asking.network, (clinic,))
            if not there or not asking.caller.may_act_for(clinic):
                raise NotThere
            client = await identifiers.client_of(connection, asking.network, identifier)
            await changes.alone(connection, _place(asking, client or asking.correlation))
            known = await _known(connection, asking, client)
            mistakes = await accesses.mistaken_today(connection, asking.network, client)
            born = known.state.get("birth_date")
            right = born == birth_date.isoformat() and mistakes < MOST_MISTAKES
            if client is not None and right:
                await registrations.add(connection, asking, client, there - known.clinics, "identified")
            what: accesses.What = "identified" if right else "mistaken"
            await accesses.keep(connection, [Access(asking, what, client)])
        if client is None or not right:
            raise NotThere
        return client

    async def history(self, asking: Asking, client: UUID) -> Sequence[Mapping[str, Any]]:
        """Every change and registration, oldest first, but registrations at other clinics; those made with an
        identifier and the birth date are told to every clinic.
        """
        async with self._database.within(asking.network) as connection:
            known = await _known(connection, asking, client)
            changed = await changes.changes(connection, _place(asking, client))
            registered = await registrations.of(connection, asking.network, client)
        if (known.is_new and not changed) or not known.is_one_of(asking.caller):
            raise NotThere
        await self._record.add(Access(asking, "history-read", client))
        told = [
            one
            for one in registered
            if asking.caller.may_act_for(one["clinic"]) or one["how"] == "identified"
        ]
        return sorted([*changed, *told], key=lambda change: change["at"])


async def _known(connection: AsyncConnection[Any], asking: Asking, client: UUID | None) -> Known:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(_IDENTITY, (asking.network, client))
    numbers = await identifiers.of(connection, asking.network, client)
    clinics = await registrations.clinics_of(connection, asking.network, client)
    row = await cursor.fetchone()
    if row is None:
        return Known(None, {}, clinics)
    return Known(row["version"], row["identity"] | {"identifiers": numbers}, clinics)


async def _put(
    connection: AsyncConnection[Any],
    asking: Asking,
    client: UUID,
    known: Known,
    entry: ClientIdentity,
    expected: Expected | None,
    now: datetime,
) -> int:
    caller, place = asking.caller, _place(asking, client)
    last = await changes.last_version(connection, place)
    theirs = (known.is_new and not last) or known.is_one_of(caller)  # one that was deleted is not new
    if expected is not None and (known.version is None or not theirs):
        raise Moved(None)
    clinics = await _to_register(connection, asking, known, entry.clinics)
    if not theirs:
        raise NotThere
    after = _state(entry)
    rules.check_birth(known.state, after, now)
    version = known.version
    what: accesses.What = "repeated"
    if version is None or after != known.state:
        if version is not None:
            refuse_unexpected(expected, version)
        version = max(version or 0, last) + 1
        identity = {name: value for name, value in after.items() if name != "identifiers"}
        await connection.execute(_PUT, (asking.network, client, Jsonb(identity), version))
        await identifiers.replace(
            connection, asking, client, known.state.get("identifiers", []), after["identifiers"]
        )
        before = None if known.version is None else known.state
        what = await changes.keep(connection, asking, place, version, before, after)
    new = clinics - known.clinics
    if new and what == "repeated":
        what = "registered"
    await accesses.keep(connection, [Access(asking, what, client)])
    how: changes.How = "created" if known.version is None else "added"
    await registrations.add(connection, asking, client, new, how)
    return version


async def _to_register(
    connection: AsyncConnection[Any], asking: Asking, known: Known, given: Collection[UUID] | None
) -> frozenset[UUID]:
    """The clinics at which the client is to be registered: those given, else, for a new one, those of the
    caller's token. Raises `Unknown`, whether there is such a client or not.
    """
    own = asking.caller.clinics
    rules.check_clinics(asking.caller, given or ())
    there = await tables.there(connection, asking.network, own or () if given is None else given)
    if len(there) < len(set(given)) if given is not None else own is not None and not there:
        raise Unknown("unknown-clinic", "/clinics")
    return there if known.version is None or given is not None else frozenset()


def _state(entry: ClientIdentity) -> dict[str, Any]:
    """An identity as it is kept and compared: without what is absent, identifiers in order."""
    state = entry.model_dump(mode="json", exclude={"clinics"}, exclude_none=True)
    state["identifiers"] = sorted(state["identifiers"], key=identifiers.order)
    if not isinstance(entry.birth_date, date | None):
        state["born"] = state.pop("birth_date")
    return state


def _place(asking: Asking, client: UUID) -> Place:
    return Place(asking.network, "clients", client)
