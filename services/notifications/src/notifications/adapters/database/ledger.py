"""The ledger of `react`, on one connection within the caller's transaction."""

import hashlib
from uuid import UUID

from psycopg.types.json import Jsonb

from contracts.envelope import PublishedEvent
from notifications.adapters.database import owing
from notifications.adapters.database.connecting import Connection
from notifications.adapters.database.owing import envelope_of
from notifications.application.messages import Message
from notifications.domain.knowledge import Consent, Knowledge
from notifications.domain.owed import AmendmentOwed, InboxOwed, OpeningOwed, WebhookOwed


class Ledger:
    """Written with the position, or not at all."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    async def holds(self, network: str, episode: UUID) -> bool:
        found = await self._db.execute(
            "SELECT 1 FROM parked WHERE network_id = %s AND episode_id = %s AND resolved_at IS NULL LIMIT 1",
            [network, episode],
        )
        return found.rowcount == 1

    async def seen(self, event: PublishedEvent) -> bool:
        found = await self._db.execute(
            "SELECT 1 FROM seen_events WHERE network_id = %s AND event_id = %s", [event.network, event.id]
        )
        return found.rowcount == 1

    async def first_sight(self, event: PublishedEvent) -> bool:
        inserted = await self._db.execute(
            "INSERT INTO seen_events (network_id, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [event.network, event.id],
        )
        return inserted.rowcount == 1

    async def knowledge(self, network: str, episode: UUID) -> Knowledge:
        """Two queries; an episode never heard of gives empty knowledge."""
        cursor = await self._db.execute(
            "SELECT * FROM known_episodes WHERE network_id = %s AND episode_id = %s FOR UPDATE",
            [network, episode],
        )
        row = await cursor.fetchone()
        if row is None:
            return Knowledge()
        consents = await self._consents(network, episode)
        return Knowledge(
            row["clinic_id"],
            row["therapist_id"],
            row["referring_partner_id"],
            row["last_sequence"],
            consents,
        )

    async def _consents(self, network: str, episode: UUID) -> tuple[Consent, ...]:
        cursor = await self._db.execute(
            "SELECT consent_id AS id, partner_id AS partner, kinds, effective_from, until, withdrawn_from"
            " FROM known_consents WHERE network_id = %s AND episode_id = %s",
            [network, episode],
        )
        rows = await cursor.fetchall()
        return tuple(Consent(**(row | {"kinds": frozenset(row["kinds"])})) for row in rows)

    async def remember(self, event: PublishedEvent, old: Knowledge, new: Knowledge) -> None:
        network, episode = event.network, event.episode
        await self._db.execute(
            "INSERT INTO known_episodes (network_id, episode_id, clinic_id, therapist_id, last_sequence)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (network_id, episode_id) DO UPDATE"
            " SET clinic_id = excluded.clinic_id, therapist_id = excluded.therapist_id,"
            " last_sequence = excluded.last_sequence",
            [network, episode, new.clinic, new.therapist, new.sequence],
        )
        if new.referring_partner != old.referring_partner:
            await self._remember_opening(event, new.referring_partner)
        for consent in set(new.consents) - set(old.consents):
            await self._remember_consent(network, episode, consent)

    async def _remember_opening(self, event: PublishedEvent, referring_partner: UUID | None) -> None:
        await self._db.execute(
            "UPDATE known_episodes SET referring_partner_id = %s, opening = %s"
            " WHERE network_id = %s AND episode_id = %s",
            [referring_partner, Jsonb(envelope_of(event)), event.network, event.episode],
        )

    async def _remember_consent(self, network: str, episode: UUID, consent: Consent) -> None:
        await self._db.execute(
            "INSERT INTO known_consents VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (network_id, episode_id, consent_id) DO UPDATE"
            " SET withdrawn_from = excluded.withdrawn_from",
            [
                network,
                episode,
                consent.id,
                consent.partner,
                sorted(consent.kinds),
                consent.effective_from,
                consent.until,
                consent.withdrawn_from,
            ],
        )

    async def owe_webhooks(self, event: PublishedEvent, owed: WebhookOwed) -> None:
        await owing.to_partner(self._db, envelope_of(event), owed.partner)

    async def owe_opening(self, event: PublishedEvent, owed: OpeningOwed) -> None:
        cursor = await self._db.execute(
            "SELECT opening FROM known_episodes WHERE network_id = %s AND episode_id = %s",
            [event.network, event.episode],
        )
        row = await cursor.fetchone()
        if row is not None and row["opening"] is not None:
            await owing.to_partner(self._db, row["opening"], owed.partner, owed.not_before)

    async def owe_amendment(self, event: PublishedEvent, owed: AmendmentOwed) -> None:
        await owing.to_whoever_was_sent(self._db, envelope_of(event), owed.entry)

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None:
        await owing.to_inbox(self._db, envelope_of(event), owed)

    async def park(self, message: Message, reason: str, event: UUID | None, episode: UUID | None) -> None:
        """A message that comes again is parked once."""
        raw = message.raw()
        await self._db.execute(
            "INSERT INTO parked (network_id, form, place, reason, event_id, episode_id, raw, fingerprint)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (network_id, fingerprint) DO NOTHING",
            [
                message.network,
                message.form,
                message.place,
                reason,
                event,
                episode,
                raw,
                hashlib.sha256(raw).digest(),
            ],
        )
