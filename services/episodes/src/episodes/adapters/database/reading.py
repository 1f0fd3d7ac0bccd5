"""The one read before a batch is decided: all its commands need, in one round trip where all is cached."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import DictRow

from episodes.adapters.database.scoping import SCOPE, scoped
from episodes.application.commands import Command, named
from episodes.application.folding import folded
from episodes.application.known import Cached, Known, Receipt, Scoped
from episodes.application.recording import DataKey, header_of
from episodes.domain.opening import EpisodeOpened
from episodes.domain.referring import ReferralMade
from episodes.domain.sharing import SharingConsented

Unwrap = Callable[[str, UUID, UUID, bytes | None], DataKey]
"""Network, client, key id and wrapped key to the data key."""

Query = tuple[str, Sequence[Any]]
Fetch = Callable[[Sequence[Query]], list[list[DictRow]]]

_RECEIPTS = """SELECT network_id, command_id, request_mac, response FROM command_receipts
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, c) ON network_id = n AND command_id = c"""
_REFERENCES = """SELECT network_id, reference, episode_id, event_id FROM source_refs
JOIN unnest(%s::text[], %s::bytea[]) AS w(n, r) ON network_id = n AND reference = r"""
EVENTS = """SELECT originator_id, state FROM stored_events
JOIN unnest(%s::uuid[], %s::bigint[]) AS w(id, v) ON originator_id = id AND originator_version > v
ORDER BY originator_id, originator_version"""
KEYS = """SELECT network_id, client_id, key_id, wrapped FROM client_keys
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, c) ON network_id = n AND client_id = c"""
_OF_CLIENTS = """SELECT network_id, client_id, episode_id FROM client_episodes
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, c) ON network_id = n AND client_id = c ORDER BY episode_id"""
_SUBJECT = """INSERT INTO client_subjects (network_id, client_id, partner_id, subject) VALUES (%s, %s, %s, %s)
ON CONFLICT (network_id, client_id, partner_id) DO UPDATE SET subject = client_subjects.subject
RETURNING subject"""
_ROWS = {
    "clients": """SELECT network_id, client_id AS id FROM clients
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, i) ON network_id = n AND client_id = i""",
    "clinics": """SELECT network_id, clinic_id AS id, zone FROM clinics
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, i) ON network_id = n AND clinic_id = i""",
    "staff": """SELECT network_id, staff_id AS id, licences <> '[]' AS licensed FROM staff
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, i) ON network_id = n AND staff_id = i""",
    "partners": """SELECT network_id, partner_id AS id FROM partners
JOIN unnest(%s::text[], %s::uuid[]) AS w(n, i) ON network_id = n AND partner_id = i""",
}


def read(
    connection: Connection[DictRow],
    commands: Sequence[Command],
    cached: Mapping[UUID, Cached],
    unwrap: Unwrap,
) -> Known:
    """What the store knows now about the commands."""
    known = Known()
    fetch = partial(_fetch, connection, {command.caller.network for command in commands})
    _take_clients(fetch, known, commands)
    wanted = {command.episode for command in commands if command.episode is not None}
    wanted.update(*known.of_clients.values())
    recent = {identifier: cached[identifier] for identifier in wanted if identifier in cached}
    clients = {(c.caller.network, c.draft.client) for c in commands if isinstance(c.draft, EpisodeOpened)}
    clients |= {(one.episode.network, one.episode.client) for one in recent.values()}
    clinics = {(one.episode.network, one.episode.clinic) for one in recent.values()}
    rows = _rows_wanted(commands, clinics)
    receipts, references, events, keys, *found = fetch(
        [
            (_RECEIPTS, _columns({command.key for command in commands})),
            (_REFERENCES, _columns({(c.caller.network, c.reference) for c in commands if c.reference})),
            (EVENTS, _columns(_versions(wanted, recent))),
            (KEYS, _columns(clients)),
            *((_ROWS[table], _columns(wanted)) for table, wanted in rows.items()),
        ],
    )
    for row in receipts:
        place = (row["network_id"], row["command_id"])
        known.receipts[place] = Receipt(bytes(row["request_mac"]), bytes(row["response"]))
    for row in references:
        place_of_reference = (row["network_id"], bytes(row["reference"]))
        known.references[place_of_reference] = (row["episode_id"], row["event_id"])
    _take_keys(known, keys, unwrap)
    for table, some in zip(rows, found, strict=True):
        _take_rows(known, table, some)
    _take_episodes(fetch, known, recent, events, unwrap)
    _take_subjects(fetch, known, commands)
    return known


def _rows_wanted(commands: Sequence[Command], clinics: set[Scoped]) -> dict[str, set[Scoped]]:
    wanted: dict[str, set[Scoped]] = defaultdict(set)
    wanted["clinics"] |= clinics
    for command in commands:
        for row in named(command):
            wanted[row.table].add((command.caller.network, row.id))
    return wanted


def _take_clients(fetch: Fetch, known: Known, commands: Sequence[Command]) -> None:
    """The episodes of the clients whose every episode a command is for."""
    clients = {(c.caller.network, c.client) for c in commands if c.client is not None}
    if clients:
        for row in fetch([(_OF_CLIENTS, _columns(clients))])[0]:
            place = (row["network_id"], row["client_id"])
            known.of_clients.setdefault(place, []).append(row["episode_id"])


def _versions(wanted: Iterable[UUID], recent: Mapping[UUID, Cached]) -> list[tuple[UUID, int]]:
    return [(one, recent[one].episode.version if one in recent else 0) for one in wanted]


def _take_keys(known: Known, rows: Iterable[DictRow], unwrap: Unwrap) -> None:
    for row in rows:
        place = (row["network_id"], row["client_id"])
        known.keys[place] = unwrap(*place, row["key_id"], row["wrapped"])


def _take_rows(known: Known, table: str, rows: Iterable[DictRow]) -> None:
    for row in rows:
        known.rows[table, row["network_id"], row["id"]] = row


def _take_episodes(
    fetch: Fetch,
    known: Known,
    recent: Mapping[UUID, Cached],
    events: Sequence[DictRow],
    unwrap: Unwrap,
) -> None:
    """Fold what is newer than the cache. An episode not cached names its client and clinic only now, and one
    that another process transferred its new clinic.
    """
    states: dict[UUID, list[bytes]] = defaultdict(list)
    for row in events:
        states[row["originator_id"]].append(bytes(row["state"]))
    last = {identifier: header_of(newer[-1]) for identifier, newer in states.items()}
    headers = [
        header
        for identifier, header in last.items()
        if identifier not in recent or recent[identifier].episode.clinic != header.clinic
    ]
    if headers:
        keys, clinics = fetch(
            [
                (KEYS, _columns({(header.network, header.client) for header in headers})),
                (_ROWS["clinics"], _columns({(header.network, header.clinic) for header in headers})),
            ]
        )
        _take_keys(known, keys, unwrap)
        _take_rows(known, "clinics", clinics)
    by_id = {key.id: key for key in known.keys.values()}
    for identifier in {*states, *recent}:
        episode = folded(recent.get(identifier), states[identifier], by_id)
        if episode is not None:
            known.episodes[identifier] = episode


def _take_subjects(fetch: Fetch, known: Known, commands: Sequence[Command]) -> None:
    """The partner's id for the client, made once per client and partner."""
    for command in commands:
        cached = None if command.episode is None else known.episodes.get(command.episode)
        if cached is None or not isinstance(command.draft, SharingConsented | ReferralMade):
            continue
        network, partner = command.caller.network, command.draft.partner
        if cached.episode.network != network or ("partners", network, partner) not in known.rows:
            continue  # refused in a moment, and must leave nothing behind
        place = (network, cached.episode.client, partner)
        known.subjects[place] = fetch([(_SUBJECT, (*place, uuid4()))])[0][0]["subject"]


def _columns(rows: Collection[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[], []]


def _fetch(
    connection: Connection[DictRow], networks: Collection[str], queries: Iterable[Query]
) -> list[list[DictRow]]:
    """All queries with anything to look for, in one round trip, which is one transaction."""
    with connection.pipeline():
        connection.execute(SCOPE, scoped(networks), prepare=True)
        cursors = [
            connection.cursor(binary=True).execute(sql, parameters, prepare=True) if parameters[0] else None
            for sql, parameters in queries
        ]
        return [[] if cursor is None else cursor.fetchall() for cursor in cursors]
