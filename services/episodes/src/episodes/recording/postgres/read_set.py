"""The one read before a batch is decided: all that its commands need, in one round trip if it is cached."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.postgres.row_security import SCOPE, scoped
from episodes.domain.event import EventMetadata
from episodes.event_log import snapshot_rows
from episodes.event_log.cache import Lookup
from episodes.event_log.client_keys import Scoped, Unwrap
from episodes.event_log.codec import metadata_of
from episodes.event_log.erasure import still_known
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.master_keys import wrapping
from episodes.event_log.snapshots import Events, ReadWhole, Snapshots, started
from episodes.event_log.stored_form import Damaged, Unreadable
from episodes.recording.commands import CommandRequest, episodes_named_by, references_of
from episodes.recording.known import asks_age
from episodes.recording.postgres.lookup import DIRECTORY, Found, Wanted, look_up
from episodes.recording.store import KnownReference, ReadSet, StoredReceipt
from episodes.recording.whole_entries import take_whole_entries

LookUp = Callable[[Wanted], Found]

Askers = Mapping[UUID, Collection[str]]
"""The networks whose callers ask for an episode, by the episode's id."""

Newer = Mapping[UUID, tuple[EventMetadata, Sequence[StoredEvent]]]
"""The stored events after an episode's cached version, with the metadata of the last one, by episode id."""

_SUBJECT = """SELECT subject FROM client_subjects
WHERE network_id = %s AND client_id = %s AND partner_id = %s"""


def read(
    connection: Connection[DictRow],
    commands: Sequence[CommandRequest],
    cached: Mapping[UUID, CachedEpisode],
    unwrap: Unwrap,
) -> ReadSet:
    """Read what the decisions on these commands need."""
    read_set = ReadSet()
    seek: LookUp = partial(look_up, connection, {command.caller.network for command in commands})
    askers = _askers(seek, read_set, commands)
    kept = {one: state for one in askers if (state := cached.get(one)) is not None}  # others evict meanwhile
    recent = {one: state for one, state in kept.items() if state.episode.network in askers[one]}
    wanted = askers.keys() - (kept.keys() - recent.keys())
    clients = {(c.caller.network, c.draft.client) for c in commands if c.step.opens}
    clients |= {(one.episode.network, one.episode.client) for one in recent.values()}
    clinics = {(one.episode.network, one.episode.clinic) for one in recent.values()}
    of_age = {command.episode for command in commands if command.episode is not None and asks_age(command)}
    asked = [one.episode for identifier, one in recent.items() if identifier in of_age]
    rows = _rows_wanted(commands, clinics)
    rows["clients"] |= {(episode.network, episode.client) for episode in asked}
    found = seek(
        {
            "references": _references_wanted(commands),
            "events": [(one, recent[one].episode.version) for one in wanted & recent.keys()],
            "since_snapshot": snapshot_rows.wanted(wanted - recent.keys()),
            "keys": clients,
            "openings": {(c.caller.network, c.draft.client) for c in commands if c.step.opens},
            **rows,
            "receipts": {command.key for command in commands},
        }
    )
    _take_receipts(read_set, found["receipts"])
    _take_references(seek, read_set, found["references"])
    for row in found["registrations"]:
        read_set.registered.add((row["network_id"], row["client_id"], row["clinic_id"]))
    for row in found["openings"]:
        if row["opened_at"] is not None:
            place = (row["network_id"], row["client_id"], row["clinic_id"])
            read_set.openings.setdefault(place, []).append((row["episode_id"], row["opened_at"]))
    _take_keys(read_set, found["keys"], unwrap)
    if clients - read_set.keys.keys():
        read_set.master = wrapping(connection)
    _take_rows(read_set, found)
    stored = chain(found["events"], found["since_snapshot"])
    events, snapshots = snapshot_rows.separated(StoredEvent(**row) for row in stored)
    newer = _by_episode(read_set, askers, events)
    _take_keys_and_rows(seek, read_set, recent, newer, unwrap, of_age)
    _take_episodes(partial(_whole, seek, read_set, commands), read_set, recent, snapshots, newer)
    _take_subjects(connection, read_set, commands)
    take_whole_entries(read_set, commands, lambda places: _events_at(seek, places))
    return read_set


def _events_at(seek: LookUp, places: Collection[tuple[UUID, int]]) -> Iterator[StoredEvent]:
    return (StoredEvent(**row) for row in seek({"events_at": places})["events_at"])


def _askers(seek: LookUp, read_set: ReadSet, commands: Sequence[CommandRequest]) -> Askers:
    """The episodes that the commands are for or name, each with the networks that ask for it."""
    askers: dict[UUID, set[str]] = defaultdict(set)
    for command in commands:
        if command.episode is not None:
            askers[command.episode].add(command.caller.network)
        for named in episodes_named_by(command):
            askers[named.id].add(command.caller.network)
    clients = {(c.caller.network, c.client) for c in commands if c.client is not None}
    if clients:
        for row in sorted(seek({"client_episodes": clients})["client_episodes"], key=_by_episode_id):
            of_one = read_set.of_clients.setdefault((row["network_id"], row["client_id"]), [])
            of_one.append(row["episode_id"])
            askers[row["episode_id"]].add(row["network_id"])
    return askers


def _by_episode_id(row: DictRow) -> UUID:
    """The sort key: episode ids are drawn in the order of opening."""
    identifier: UUID = row["episode_id"]
    return identifier


def _rows_wanted(commands: Sequence[CommandRequest], clinics: set[Scoped]) -> dict[str, set[Scoped]]:
    wanted: dict[str, set[Scoped]] = defaultdict(set)
    wanted["clinics"] |= clinics
    for command in commands:
        for row in references_of(command):
            for table in row.tables:
                wanted[table].add((command.caller.network, row.id))
    wanted["registrations"] |= wanted["clients"]
    return wanted


def _references_wanted(commands: Sequence[CommandRequest]) -> set[tuple[str, bytes]]:
    of_each = ((c.caller.network, (c.reference, c.common_reference)) for c in commands)
    return {(network, reference) for network, both in of_each for reference in both if reference}


def _take_references(seek: LookUp, read_set: ReadSet, rows: Sequence[DictRow]) -> None:
    """Take the references recorded already, which are few, with the header of the event each belongs to."""
    events = {(str(row["event_id"]).encode(),) for row in rows}
    stored = seek({"references_at": events})["references_at"] if events else ()
    known: dict[UUID, KnownReference] = {}
    for event in stored:
        with suppress(Damaged):  # which holds up its own episode, not whoever comes with the same reference
            metadata = metadata_of(StoredEvent(**event))
            known[metadata.event_id] = KnownReference.of(metadata)
    for row in rows:
        unreadable = KnownReference(row["episode_id"], row["event_id"], None, None)
        place = (row["network_id"], row["reference"])
        read_set.references[place] = known.get(row["event_id"], unreadable)


def _take_keys(read_set: ReadSet, rows: Iterable[DictRow], unwrap: Unwrap) -> None:
    for row in rows:
        place = (row["network_id"], row["client_id"])
        read_set.keys[place] = unwrap(*place, row["key_id"], row["wrapped"])


def _take_rows(read_set: ReadSet, found: Found) -> None:
    for table in DIRECTORY:
        for row in found[table]:
            read_set.rows[table, row["network_id"], row["id"]] = row


def _take_keys_and_rows(
    seek: LookUp,
    read_set: ReadSet,
    recent: Mapping[UUID, CachedEpisode],
    newer: Newer,
    unwrap: Unwrap,
    of_age: Collection[UUID],
) -> None:
    """Read the client and the clinic that newer events name, where they were not known before: of an episode
    that was not cached, or that another process has transferred. Of the clients of the episodes `of_age` the
    birth dates are read as well.
    """
    headers = [
        metadata
        for identifier, (metadata, _) in newer.items()
        if identifier not in recent or recent[identifier].episode.clinic != metadata.clinic
    ]
    if headers:
        found = seek(
            {
                "keys": {(metadata.network, metadata.client) for metadata in headers},
                "clinics": {(metadata.network, metadata.clinic) for metadata in headers},
                "clients": {(one.network, one.client) for one in headers if one.episode_id in of_age},
            }
        )
        _take_keys(read_set, found["keys"], unwrap)
        _take_rows(read_set, found)


def _take_episodes(
    whole: ReadWhole,
    read_set: ReadSet,
    recent: Mapping[UUID, CachedEpisode],
    snapshots: Snapshots,
    newer: Newer,
) -> None:
    """Fold the events newer than the cached states and the snapshots. Where a snapshot is of no use, all of
    its episode's events are read.
    """
    keys = {key.id: key for key in read_set.keys.values()}
    events = {one: of_one for one, (_, of_one) in newer.items()}
    start = started(snapshots, events, keys, whole)
    before = {**recent, **start.states}
    for identifier in (recent.keys() | events.keys()) - read_set.unreadable.keys():
        later = start.events.get(identifier, ())
        try:
            episode = folded(still_known(before.get(identifier), keys), later, keys)
        except Unreadable as unreadable:
            read_set.unreadable[identifier] = unreadable
            continue
        if episode is not None:
            used = start.used.get(identifier)
            read_set.episodes[identifier] = episode
            read_set.lookups.append(Lookup(identifier in recent, len(later), used))


def _whole(
    seek: LookUp, read_set: ReadSet, commands: Sequence[CommandRequest], episodes: Collection[UUID]
) -> Events:
    """All events of these episodes, and the receipts once more, for what was recorded in them meanwhile."""
    keys = {command.key for command in commands}
    found = seek({"events": [(one, 0) for one in episodes], "receipts": keys})
    _take_receipts(read_set, found["receipts"])
    events, _ = snapshot_rows.separated(StoredEvent(**row) for row in found["events"])
    return events


def _take_receipts(read_set: ReadSet, rows: Iterable[DictRow]) -> None:
    """They are read after the events: a command whose events are there is answered as it was, and is not
    decided on what it did itself.
    """
    for row in rows:
        receipt = StoredReceipt(row["request_mac"], row["response"], row["asked_as"])
        read_set.receipts[row["network_id"], row["command_id"]] = receipt


def _by_episode(read_set: ReadSet, askers: Askers, events: Mapping[UUID, Sequence[StoredEvent]]) -> Newer:
    """The stored events of each episode of a network that asks for it, with the metadata of the last.

    The log has no row security, and the keys of other networks are not read, so their episodes are skipped
    before anything is decrypted, as if they did not exist.
    """
    newer: dict[UUID, tuple[EventMetadata, Sequence[StoredEvent]]] = {}
    for identifier, of_one in events.items():
        try:
            metadata = metadata_of(of_one[-1])
        except Damaged as damage:
            read_set.unreadable[identifier] = damage
            continue
        if metadata.network in askers[identifier]:
            newer[identifier] = metadata, of_one
    return newer


def _take_subjects(
    connection: Connection[DictRow], read_set: ReadSet, commands: Sequence[CommandRequest]
) -> None:
    """Read the ids by which partners know clients, one for each client and partner."""
    for command in commands:
        cached = None if command.episode is None else read_set.episodes.get(command.episode)
        if cached is None or not command.step.needs_subject:
            continue
        place = (command.caller.network, cached.episode.client, command.draft.partner)
        with connection.transaction():
            connection.execute(SCOPE, scoped([command.caller.network]))
            row = connection.execute(_SUBJECT, place).fetchone()
        if row is not None:
            read_set.subjects[place] = row["subject"]
