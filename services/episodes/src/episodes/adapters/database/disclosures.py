"""What a disclosure decision is made on, and the record of what it allowed.

As few round trips as can be, however many events are asked about: attempts wait for them.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.disclosure import Question
from episodes.adapters.database.log import Database, keys_of
from episodes.adapters.database.reading import Unwrap
from episodes.application.recording import Damaged, DataKey, Sealed, opened, sealed
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Held
from episodes.domain.sharing import SharingConsented

Allowed = tuple[UUID, Question, UUID, Held[SharingConsented]]
"""The decision's id, what was asked, the episode, and the consent."""

Entries = Sequence[Recorded[Any]]

TURN = 200
"""Envelopes read before others have their turn."""

_EVENTS = """SELECT substring(state FROM 19 FOR 36) AS event_id, originator_id, state
FROM (SELECT DISTINCT originator_id AS asked FROM stored_events
    WHERE substring(state FROM 19 FOR 36) = ANY(%s)) AS episodes
CROSS JOIN LATERAL (SELECT * FROM stored_events
    WHERE originator_id = asked ORDER BY originator_version OFFSET 0) AS events"""
_REFERENCES = """SELECT client_id, system, min(value) FROM client_identifiers
WHERE network_id = %s AND client_id = ANY(%s) AND system = ANY(%s) GROUP BY client_id, system"""
_DISCLOSED = """INSERT INTO disclosures (network_id, decision_id, decided_at, event_id, episode_id,
partner_id, subscription_id, level, consent_id) VALUES (%s, %s, now(), %s, %s, %s, %s, %s, %s)"""


@dataclass(frozen=True, slots=True)
class Found:
    """What is recorded about the events asked for. Keys are read last: who is erased by then is so here."""

    episode_of: Mapping[UUID, UUID]
    """The episode of each event there is."""

    entries: Mapping[UUID, Entries]
    """Of each episode, oldest first."""

    unreadable: Collection[UUID]
    """Episodes with a damaged record, which hold up no other."""

    references: Mapping[tuple[UUID, UUID], str]
    """Partners' own numbers for clients: the identifier whose system is the partner's id."""


class Disclosures:
    """Each call is one transaction."""

    def __init__(self, database: Database, unwrap: Unwrap) -> None:
        self._database = database
        self._unwrap = unwrap

    async def read(self, network: str, questions: Sequence[Question]) -> Found:
        """Of this network's episodes alone."""
        asked = {str(one.event_id).encode(): one.event_id for one in questions}
        partners = list({str(one.partner) for one in questions})
        async with self._database.within(network) as connection:
            rows = await (await connection.execute(_EVENTS, (list(asked),), binary=True)).fetchall()
            kept, damaged = await _by_episode(network, rows)
            clients = list({event.header.client for them in kept.values() for event in them})
            referring = await connection.execute(_REFERENCES, (network, clients, partners), binary=True)
            keys = await keys_of(connection, self._unwrap, [(network, client) for client in clients])
            references = {(row[0], UUID(row[1])): row[2] for row in await referring.fetchall()}
        entries = await _opened(kept, keys, damaged)
        episode_of = {asked[event]: episode for event, episode, _ in rows if event in asked}
        return Found(episode_of, entries, damaged, references)

    async def record(self, network: str, allowed: Iterable[Allowed]) -> None:
        """An allowed decision is the record of the disclosure: it is written before it is answered."""
        rows = [
            (
                network,
                decision,
                question.event_id,
                episode,
                question.partner,
                question.subscription_id,
                question.level,
                consent.id,
            )
            for decision, question, episode, consent in allowed
        ]
        async with self._database.within(network) as connection, connection.cursor() as cursor:
            await cursor.executemany(_DISCLOSED, rows)


async def _by_episode(
    network: str, rows: Iterable[tuple[bytes, UUID, bytes]]
) -> tuple[dict[UUID, list[Sealed]], set[UUID]]:
    """The episodes of the network, and those with an envelope that cannot be read.

    Commands have their turn in between.
    """
    kept: dict[UUID, list[Sealed]] = defaultdict(list)
    damaged: set[UUID] = set()
    for count, (_, episode, state) in enumerate(rows, start=1):
        if count % TURN == 0:
            await asyncio.sleep(0)
        try:
            event = sealed(bytes(state))
        except Damaged:
            damaged.add(episode)
        else:
            if event.header.network == network:
                kept[episode].append(event)
    return kept, damaged


async def _opened(
    kept: Mapping[UUID, Sequence[Sealed]], keys: Mapping[UUID, DataKey], damaged: set[UUID]
) -> dict[UUID, Entries]:
    """Those of them that are whole; the others join the damaged. Commands have their turn in between."""
    entries: dict[UUID, Entries] = {}
    for episode in kept.keys() - damaged:
        await asyncio.sleep(0)
        try:
            entries[episode] = [opened(event, keys) for event in kept[episode]]
        except Damaged:
            damaged.add(episode)
    return entries
