"""What the clear headers tell of an episode, and of whoever asks for it, before anything of it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import AsyncConnection

from episodes.domain.care.transfers import TRANSFERRING
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata
from episodes.domain.vocabulary import STEPS
from episodes.event_log.codec import metadata_of

INVOLVING = frozenset(step.name for step in STEPS if step.needs_subject)
"""The events that involve a partner: nothing else gives it a right."""

_HEADERS = """SELECT originator_id, originator_version, topic, substring(state FOR %s) FROM stored_events
WHERE originator_id = %s AND (originator_version = 1 OR topic = ANY(%s) OR originator_version =
    (SELECT max(originator_version) FROM stored_events WHERE originator_id = %s))
ORDER BY originator_version"""
_SUBJECT = "SELECT 1 FROM client_subjects WHERE network_id = %s AND client_id = %s AND partner_id = %s"
DECIDING = sorted({TRANSFERRING.name, *INVOLVING})
"""The events that may change who has a right to an episode: only a transfer names another clinic."""
_HEAD_BYTES = 8_192
"""As much of a stored event as holds its header. The longest has about 3,000 bytes, mostly its purpose."""
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Outline:
    """An episode by the headers of its first and last event, and of all that may change who has a right.

    Between two transfers an episode has one clinic, so these headers name each clinic that any header names.
    """

    headers: Sequence[EventMetadata]
    knows_client: bool
    """Whether the partner who asks was ever given an id for the client; false for all others."""

    @property
    def last(self) -> EventMetadata:
        return self.headers[-1]

    def bare(self, version: int) -> Episode:
        """The episode at a version, as the headers alone tell it: without entries, at its last clinic."""
        last = self.last
        return Episode(
            id=last.episode_id,
            network=last.network,
            clinic=last.clinic,
            client=self.headers[0].client,
            version=version,
        )


async def outline(
    connection: AsyncConnection[Any], network: str, episode: UUID, partner: UUID | None
) -> Outline | None:
    """The outline of the network's episode; None if it has no such one.

    The statements are the same whether the episode is the network's, another's, or nobody's at all, so that
    time does not tell. Raises `Damaged`.
    """
    found = await connection.execute(_HEADERS, (_HEAD_BYTES, episode, DECIDING, episode), binary=True)
    headers = [metadata_of(StoredEvent(*row)) for row in await found.fetchall()]
    ours = bool(headers) and headers[0].network == network
    knows_client = False
    if partner is not None:
        client = headers[0].client if ours else _NOBODY
        known = await connection.execute(_SUBJECT, (network, client, partner), binary=True)
        knows_client = await known.fetchone() is not None
    return Outline(headers, knows_client) if ours else None
