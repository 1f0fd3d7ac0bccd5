"""The one read before a batch is decided: all its commands need, in one round trip where all is cached."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from episodes.adapters.database.lookup import DIRECTORY, Found, Wanted, look_up
from episodes.adapters.database.scoping import SCOPE, scoped
from episodes.application.commands import Command, named
from episodes.application.folding import folded
from episodes.application.known import Cached, Known, Receipt, Scoped
from episodes.application.recording import Damaged, DataKey, header_of
from episodes.domain.envelope import Header
from episodes.domain.opening import EpisodeOpened
from episodes.domain.referring import ReferralMade
from episodes.domain.sharing import SharingConsented

Unwrap = Callable[[str, UUID, UUID, bytes | None], DataKey]
"""Network, client, key id and wrapped key to the data key."""

LookUp = Callable[[Wanted], Found]

Askers = Mapping[UUID, Collection[str]]
"""By episode, the networks whose callers ask for it."""

Newer = Mapping[UUID, tuple[Header, Sequence[bytes]]]
"""By episode, the stored events that follow its cached version, and the header of the last of them."""

EVENTS = """SELECT originator_id, state FROM stored_events
JOIN unnest(%s::uuid[], %s::bigint[]) AS w(id, v) ON originator_id = id AND originator_version > v
ORDER BY originator_id, originator_version"""
KEYS = """SELECT network_id, client_id, key_id, wrapped FROM unnest(%s::text[], %s::uuid[]) AS w(n, c)
CROSS JOIN LATERAL (SELECT * FROM client_keys WHERE network_id = n AND client_id = c OFFSET 0) AS key"""
_SUBJECT = """SELECT subject FROM client_subjects
WHERE network_id = %s AND client_id = %s AND partner_id = %s"""


def read(
    connection: Connection[DictRow],
    commands: Sequence[Command],
    cached: Mapping[UUID, Cached],
    unwrap: Unwrap,
) -> Known:
    """What the store knows now about the commands."""
    known = Known()
    seek: LookUp = partial(look_up, connection, {command.caller.network for command in commands})
    askers = _askers(seek, known, commands)
    kept = {identifier: cached[identifier] for identifier in askers if identifier in cached}
    recent = {one: state for one, state in kept.items() if state.episode.network in askers[one]}
    wanted = askers.keys() - (kept.keys() - recent.keys())
    clients = {(c.caller.network, c.draft.client) for c in commands if isinstance(c.draft, EpisodeOpened)}
    clients |= {(one.episode.network, one.episode.client) for one in recent.values()}
    clinics = {(one.episode.network, one.episode.clinic) for one in recent.values()}
    found = seek(
        {
            "receipts": {command.key for command in commands},
            "references": {(c.caller.network, c.reference) for c in commands if c.reference},
            "events": [(one, recent[one].episode.version if one in recent else 0) for one in wanted],
            "keys": clients,
            **_rows_wanted(commands, clinics),
        }
    )
    for row in found["receipts"]:
        known.receipts[row["network_id"], row["id"]] = Receipt(row["one"], row["other"])
    for row in found["references"]:
        known.references[row["network_id"], row["one"]] = (row["other_id"], row["id"])
    _take_keys(known, found["keys"], unwrap)
    _take_rows(known, found)
    _take_episodes(seek, known, recent, _by_episode(known, askers, found["events"]), unwrap)
    _take_subjects(connection, known, commands)
    return known


def _askers(seek: LookUp, known: Known, commands: Sequence[Command]) -> Askers:
    """The episodes the commands are for, each with the networks that ask for it."""
    askers: dict[UUID, set[str]] = defaultdict(set)
    for command in commands:
        if command.episode is not None:
            askers[command.episode].add(command.caller.network)
    clients = {(c.caller.network, c.client) for c in commands if c.client is not None}
    if clients:
        for row in seek({"of_clients": clients})["of_clients"]:
            known.of_clients.setdefault((row["network_id"], row["id"]), []).append(row["other_id"])
            askers[row["other_id"]].add(row["network_id"])
    return askers


def _rows_wanted(commands: Sequence[Command], clinics: set[Scoped]) -> dict[str, set[Scoped]]:
    wanted: dict[str, set[Scoped]] = defaultdict(set)
    wanted["clinics"] |= clinics
    for command in commands:
        for row in named(command):
            wanted[row.table].add((command.caller.network, row.id))
    return wanted


def _take_keys(known: Known, rows: Iterable[DictRow], unwrap: Unwrap) -> None:
    for row in rows:
        place = (row["network_id"], row["id"])
        known.keys[place] = unwrap(*place, row["other_id"], row["one"])


def _take_rows(known: Known, found: Found) -> None:
    for table in DIRECTORY:
        for row in found[table]:
            known.rows[table, row["network_id"], row["id"]] = row


def _take_episodes(
    seek: LookUp,
    known: Known,
    recent: Mapping[UUID, Cached],
    newer: Newer,
    unwrap: Unwrap,
) -> None:
    """Fold what is newer than the cache. An episode not cached names its client and clinic only now, and one
    that another process transferred its new clinic.
    """
    headers = [
        header
        for identifier, (header, _) in newer.items()
        if identifier not in recent or recent[identifier].episode.clinic != header.clinic
    ]
    if headers:
        found = seek(
            {
                "keys": {(header.network, header.client) for header in headers},
                "clinics": {(header.network, header.clinic) for header in headers},
            }
        )
        _take_keys(known, found["keys"], unwrap)
        _take_rows(known, found)
    by_id = {key.id: key for key in known.keys.values()}
    for identifier in (recent.keys() | newer.keys()) - known.damaged.keys():
        _, states = newer.get(identifier, (None, ()))
        try:
            episode = folded(recent.get(identifier), states, by_id)
        except Damaged as damage:
            known.damaged[identifier] = damage
            continue
        if episode is not None:
            known.episodes[identifier] = episode


def _by_episode(known: Known, askers: Askers, events: Sequence[DictRow]) -> Newer:
    """The stored events of each episode of a network that asks for it, with the header of the last.

    The log has no row security, and the keys of other networks are not read: their episodes are passed over
    before anything is opened, as if they were not there.
    """
    states: dict[UUID, list[bytes]] = defaultdict(list)
    for row in events:
        states[row["id"]].append(row["one"])
    newer: dict[UUID, tuple[Header, Sequence[bytes]]] = {}
    for identifier, of_one in states.items():
        try:
            header = header_of(of_one[-1])
        except Damaged as damage:
            known.damaged[identifier] = damage
            continue
        if header.network in askers[identifier]:
            newer[identifier] = header, of_one
    return newer


def _take_subjects(connection: Connection[DictRow], known: Known, commands: Sequence[Command]) -> None:
    """The ids by which partners know clients: each made once per client and partner."""
    for command in commands:
        cached = None if command.episode is None else known.episodes.get(command.episode)
        if cached is None or not isinstance(command.draft, SharingConsented | ReferralMade):
            continue
        place = (command.caller.network, cached.episode.client, command.draft.partner)
        with connection.transaction():
            connection.execute(SCOPE, scoped([command.caller.network]))
            row = connection.execute(_SUBJECT, place).fetchone()
        if row is not None:
            known.subjects[place] = row["subject"]
