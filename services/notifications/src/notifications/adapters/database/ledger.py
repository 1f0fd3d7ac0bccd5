"""The ledger of `react`, on one connection within the caller's transaction."""

import hashlib
from uuid import UUID, uuid5

from contracts.envelope import PublishedEvent, timestamp
from notifications.adapters.database.connecting import Connection
from notifications.application.messages import Message
from notifications.domain.knowledge import Consent, Knowledge
from notifications.domain.owed import InboxOwed, WebhookOwed

WAKE = "care_deliveries"
"""The channel that wakes `deliver`."""


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
        return Knowledge(row["clinic_id"], row["therapist_id"], row["last_sequence"], consents)

    async def _consents(self, network: str, episode: UUID) -> tuple[Consent, ...]:
        cursor = await self._db.execute(
            "SELECT consent_id AS id, partner_id AS partner, kinds, effective_from, until, withdrawn_from"
            " FROM known_consents WHERE network_id = %s AND episode_id = %s",
            [network, episode],
        )
        rows = await cursor.fetchall()
        return tuple(Consent(**(row | {"kinds": frozenset(row["kinds"])})) for row in rows)

    async def remember(self, network: str, episode: UUID, old: Knowledge, new: Knowledge) -> None:
        await self._db.execute(
            "INSERT INTO known_episodes (network_id, episode_id, clinic_id, therapist_id, last_sequence)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (network_id, episode_id) DO UPDATE"
            " SET clinic_id = excluded.clinic_id, therapist_id = excluded.therapist_id,"
            " last_sequence = excluded.last_sequence",
            [network, episode, new.clinic, new.therapist, new.sequence],
        )
        for consent in set(new.consents) - set(old.consents):
            await self._remember_consent(network, episode, consent)

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
        """One delivery, with the next number, for each live subscription that asks for such an event.

        Counting locks the row, so numbers have no gaps: a transaction that fails gives its number back.
        """
        owing = await self._db.execute(
            "WITH asked AS (UPDATE subscriptions SET last_number = last_number + 1"
            " WHERE network_id = %(network)s AND partner_id = %(partner)s AND state <> 'deleted'"
            " AND (event_types IS NULL OR %(type)s = ANY (event_types))"
            " AND (clinics IS NULL OR %(clinic)s = ANY (clinics)) RETURNING subscription_id, last_number)"
            " INSERT INTO deliveries (network_id, subscription_id, number, event_id, event_type, episode_id,"
            " clinic_id, occurred_at, precision, recorded_at, origin, dataref, correlation_id)"
            " SELECT %(network)s, subscription_id, last_number, %(event)s, %(type)s, %(episode)s, %(clinic)s,"
            " %(occurred_at)s, %(precision)s, %(recorded_at)s, %(origin)s, %(dataref)s, %(correlation)s"
            " FROM asked",
            _columns(event) | {"partner": owed.partner},
        )
        if owing.rowcount:
            await self._db.execute("SELECT pg_notify(%s, '')", [WAKE])

    async def owe_inbox(self, event: PublishedEvent, owed: InboxOwed) -> None:
        await self._db.execute(
            "INSERT INTO inbox (network_id, item_id, clinic_id, episode_id, event_id, concern, severity,"
            " occurred_at, precision, recorded_at, link)"
            " VALUES (%(network)s, %(item)s, %(to)s, %(episode)s, %(event)s, %(concern)s, %(severity)s,"
            " %(occurred_at)s, %(precision)s, %(recorded_at)s, %(dataref)s)",
            _columns(event)
            | {
                "item": uuid5(event.id, owed.concern),
                "to": owed.clinic,
                "concern": owed.concern,
                "severity": owed.severity,
            },
        )

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


def _columns(event: PublishedEvent) -> dict[str, object]:
    return {
        "network": event.network,
        "event": event.id,
        "type": event.type,
        "episode": event.episode,
        "clinic": event.clinic,
        "occurred_at": timestamp(event.time),
        "precision": event.precision,
        "recorded_at": timestamp(event.recordedat),
        "origin": event.origin,
        "dataref": event.dataref,
        "correlation": event.correlationid,
    }
