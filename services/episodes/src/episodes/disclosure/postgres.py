"""Reads what disclosure decisions are based on, and records those that allow a disclosure.

The number of round trips depends neither on the number of events nor on the length of their episodes, because
attempts wait for the decisions.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection

from contracts.disclosure import Decision, Question
from episodes.disclosure.decision import Allowed, Found
from episodes.event_log.cache import Cache, Lookup
from episodes.event_log.client_keys import KEYS, Unwrap, unwrapped
from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.erasure import still_known
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.snapshot_rows import SINCE_SNAPSHOT, separated
from episodes.event_log.snapshots import Events, started
from episodes.event_log.state_form import FORM
from episodes.event_log.stored_form import Damaged, Unreadable
from episodes.event_log.thread_pool import Workers

_PLACES = """SELECT substring(state FROM 19 FOR 36), originator_id FROM stored_events
WHERE substring(state FROM 19 FOR 36) = ANY(%b::bytea[])"""
_NEWER = """SELECT originator_id, originator_version, topic, state
FROM unnest(%s::uuid[], %s::bigint[]) AS w(id, v)
CROSS JOIN LATERAL (SELECT * FROM stored_events WHERE originator_id = id AND originator_version > v
    ORDER BY originator_version OFFSET 0) AS events"""
_REFERENCES = """SELECT client_id, compared_system, min(value) FROM client_identifiers
WHERE network_id = %s AND client_id = ANY(%s) AND compared_system = ANY(%s) GROUP BY 1, 2"""
_DISCLOSED = """INSERT INTO disclosures (network_id, decision_id, decided_at, event_id, episode_id,
partner_id, subscription_id, level, consent_id) VALUES (%s, %s, now(), %s, %s, %s, %s, %s, %s)"""


Decide = Callable[[Found], tuple[Sequence[Decision], Sequence[Allowed]]]


class Disclosures:
    """Of the states in `cache`, which this process's commands and earlier decisions left, only newer events
    are read.
    """

    def __init__(self, workers: Workers, unwrap: Unwrap, cache: Cache) -> None:
        self._workers = workers
        self._unwrap = unwrap
        self._cache = cache

    async def decided(
        self, network: str, questions: Sequence[Question], decide: Decide
    ) -> Sequence[Decision]:
        """The decisions of `decide` on what is recorded in this network now, read in the same transaction.

        An allowed decision is also the record of the disclosure, so it is written before it is answered.
        """

        def work(connection: Connection[Any]) -> Sequence[Decision]:
            decisions, allowed = decide(self._read(connection, network, questions))
            _record(connection, network, allowed)
            return decisions

        return await self._workers.within(network, work)

    def _read(self, connection: Connection[Any], network: str, questions: Sequence[Question]) -> Found:
        """Keys are read after the events, so that a client erased meanwhile counts as erased."""
        asked = {str(one.event_id).encode(): one.event_id for one in questions}
        places = connection.execute(_PLACES, (list(asked),), binary=True)
        episode_of = {asked[event]: episode for event, episode in places}
        before = self._before(network, set(episode_of.values()))
        newer, snapshots = separated(_newer(connection, set(episode_of.values()), before))
        clients = _Clients(connection, self._unwrap, network, list({str(one.partner) for one in questions}))
        clients.add({cached.episode.client for cached in before.values()})
        kept, unreadable = _by_episode(network, newer)
        clients.add({client for client, _ in kept.values()})
        events = {one: of_one for one, (_, of_one) in kept.items()}
        start = started(snapshots, events, clients.keys, partial(_whole, connection))
        episodes = _folded({**before, **start.states}, start.events, clients.keys, unreadable)
        self._cache.keep(episodes)
        self._cache.count(
            Lookup(one in before, len(start.events.get(one, ())), start.used.get(one)) for one in episodes
        )
        states = {one: cached.episode for one, cached in episodes.items()}
        return Found(episode_of, states, unreadable, clients.references)

    def _before(self, network: str, episodes: Iterable[UUID]) -> dict[UUID, CachedEpisode]:
        cached = {one: known for one in episodes if (known := self._cache.get(one))}
        return {one: known for one, known in cached.items() if known.episode.network == network}


class _Clients:
    """Keys and references of clients, read once for each client."""

    def __init__(
        self, connection: Connection[Any], unwrap: Unwrap, network: str, partners: list[str]
    ) -> None:
        self._connection = connection
        self._unwrap = unwrap
        self._network = network
        self._partners = partners
        self._known: set[UUID] = set()
        self.keys: dict[UUID, DataKey] = {}
        self.references: dict[tuple[UUID, UUID], str] = {}

    def add(self, clients: Collection[UUID]) -> None:
        missing = list(set(clients) - self._known)
        if not missing:
            return
        self._known.update(missing)
        scope = (self._network, missing, self._partners)
        referring = self._connection.execute(_REFERENCES, scope, binary=True)
        keys = self._connection.execute(KEYS, ([self._network] * len(missing), missing), binary=True)
        self.references |= {(row[0], UUID(row[1])): row[2] for row in referring}
        self.keys |= unwrapped(self._unwrap, keys)


def _newer(
    connection: Connection[Any], episodes: Collection[UUID], before: Mapping[UUID, CachedEpisode]
) -> Iterator[StoredEvent]:
    """The stored events of episodes that follow their cached states or their snapshots, and these."""
    if before:
        yield from _after(connection, {one: cached.episode.version for one, cached in before.items()})
    uncached = list(set(episodes) - before.keys())
    if uncached:
        columns = (uncached, [FORM] * len(uncached))
        for row in connection.execute(SINCE_SNAPSHOT, columns, binary=True):
            yield StoredEvent(*row)


def _whole(connection: Connection[Any], episodes: Collection[UUID]) -> Events:
    """All events of these episodes."""
    events, _ = separated(_after(connection, dict.fromkeys(episodes, 0)))
    return events


def _after(connection: Connection[Any], versions: Mapping[UUID, int]) -> Iterator[StoredEvent]:
    """The stored events of episodes after these versions."""
    for row in connection.execute(_NEWER, (list(versions), list(versions.values())), binary=True):
        yield StoredEvent(*row)


def _by_episode(
    network: str, events_of: Mapping[UUID, list[StoredEvent]]
) -> tuple[dict[UUID, tuple[UUID, list[StoredEvent]]], set[UUID]]:
    """The client and the events of each of the network's episodes, by the header of the last of them; and the
    episodes of which that cannot be read. No other network's event is unsealed, whose keys are not read.
    """
    kept: dict[UUID, tuple[UUID, list[StoredEvent]]] = {}
    damaged: set[UUID] = set()
    for identifier, events in events_of.items():
        try:
            header = metadata_of(events[-1])
        except Damaged:
            damaged.add(identifier)
            continue
        if header.network == network:
            kept[identifier] = header.client, events
    return kept, damaged


def _folded(
    before: Mapping[UUID, CachedEpisode],
    newer: Mapping[UUID, Sequence[StoredEvent]],
    keys: Mapping[UUID, DataKey],
    unreadable: set[UUID],
) -> dict[UUID, CachedEpisode]:
    """The folded episodes. Those that cannot be folded are added to `unreadable`."""
    episodes: dict[UUID, CachedEpisode] = {}
    for one in (before.keys() | newer.keys()) - unreadable:
        try:
            cached = folded(still_known(before.get(one), keys), newer.get(one, ()), keys)
        except Unreadable:
            unreadable.add(one)
            continue
        if cached is not None:
            episodes[one] = cached
    return episodes


def _record(connection: Connection[Any], network: str, allowed: Iterable[Allowed]) -> None:
    rows = [
        (
            network,
            one.decision,
            one.question.event_id,
            one.episode,
            one.question.partner,
            one.question.subscription_id,
            one.question.level,
            one.consent.id,
        )
        for one in allowed
    ]
    if rows:
        connection.cursor().executemany(_DISCLOSED, rows)
