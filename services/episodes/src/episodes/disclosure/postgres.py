"""Reads what disclosure decisions are based on, and records those that allow a disclosure.

The number of round trips depends neither on the number of events nor on the length of their episodes, because
attempts wait for the decisions.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection, Cursor

from contracts.disclosure import Decision, Question
from episodes.disclosure.decision import Allowed, Found
from episodes.domain.episode import Episode
from episodes.event_log.client_keys import KEYS, Unwrap, unwrapped
from episodes.event_log.codec import DataKey, SealedEvent, decrypt, parse
from episodes.event_log.folding import CachedEpisode, fold
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
    """`cached` has the states that this process's commands left: only newer events of those are read."""

    def __init__(self, workers: Workers, unwrap: Unwrap, cached: Mapping[UUID, CachedEpisode]) -> None:
        self._workers = workers
        self._unwrap = unwrap
        self._cached = cached

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
        newer = _newer(connection, set(episode_of.values()), before)
        clients = _Clients(connection, self._unwrap, network, list({str(one.partner) for one in questions}))
        clients.add({episode.client for episode in before.values()})
        kept, unreadable = _by_episode(network, newer)
        clients.add({one.metadata.client for them in kept.values() for one in them})
        episodes = _folded(before, kept, clients.keys, unreadable)
        return Found(episode_of, episodes, unreadable, clients.references)

    def _before(self, network: str, episodes: Iterable[UUID]) -> dict[UUID, Episode]:
        cached = {one: known.episode for one in episodes if (known := self._cached.get(one))}
        return {one: episode for one, episode in cached.items() if episode.network == network}


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
    connection: Connection[Any], episodes: Collection[UUID], before: Mapping[UUID, Episode]
) -> Cursor[Any]:
    """The stored events of episodes that follow their cached states."""
    versions = [before[one].version if one in before else 0 for one in episodes]
    return connection.execute(_NEWER, (list(episodes), versions), binary=True)


def _by_episode(
    network: str, rows: Iterable[tuple[UUID, int, str, bytes]]
) -> tuple[dict[UUID, list[SealedEvent]], set[UUID]]:
    """The network's events by episode, and the episodes with an event whose metadata cannot be read."""
    kept: dict[UUID, list[SealedEvent]] = defaultdict(list)
    damaged: set[UUID] = set()
    for row in rows:
        try:
            event = parse(StoredEvent(*row))
        except Damaged:
            damaged.add(row[0])
        else:
            if event.metadata.network == network:
                kept[row[0]].append(event)
    return kept, damaged


def _folded(
    before: Mapping[UUID, Episode],
    newer: Mapping[UUID, Sequence[SealedEvent]],
    keys: Mapping[UUID, DataKey],
    unreadable: set[UUID],
) -> dict[UUID, Episode]:
    """The folded episodes. Those that cannot be folded are added to `unreadable`."""
    episodes: dict[UUID, Episode] = {}
    for one in (before.keys() | newer.keys()) - unreadable:
        try:
            entries = [decrypt(event, keys) for event in newer.get(one, ())]
            episode = fold(entries, _still_known(before.get(one), keys))
        except Unreadable:
            unreadable.add(one)
            continue
        if episode is not None:
            episodes[one] = episode
    return episodes


def _still_known(episode: Episode | None, keys: Mapping[UUID, DataKey]) -> Episode | None:
    """A cached state; without its content if the client was erased since: all of it has the client's one key.

    Raises `Damaged` if there is no such key.
    """
    if episode is None or not episode.entries:
        return episode
    key = keys.get(episode.entries[0].metadata.key_id)
    if key is None:
        raise Damaged(f"the key of client {episode.client} is not found")
    return episode.with_parts((), ()) if key.cipher is None else episode


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
