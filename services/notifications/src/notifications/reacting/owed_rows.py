"""Stores what is owed for an event. Only its ids, kinds and times are needed, as text."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from care_platform.postgres.notices import LOUD
from contracts.envelope import PublishedEvent, timestamp
from notifications.postgres.connections import WAKE, Connection
from notifications.reacting.owed import AlertsTakenBack, InboxOwed

EventRow = Mapping[str, str]
"""The values are text, so that they can be stored as JSON and times keep their offset."""

_OF_PARTNER = """s.partner_id = %(partner)s
        AND (event_types IS NULL OR %(type)s = ANY (event_types))
        AND (clinics IS NULL OR %(clinic)s::uuid = ANY (clinics))"""

_SENT_THE_ENTRY = """subscription_id IN (SELECT subscription_id FROM deliveries
            WHERE network_id = %(network)s AND event_id = %(entry)s
                AND state NOT IN ('withheld', 'cancelled'))"""

_OWE = """
WITH asked AS (
    UPDATE subscriptions s SET last_number = last_number + 1
    WHERE network_id = %(network)s AND state <> 'deleted' AND {whose}
        AND subscription_id NOT IN (
            SELECT subscription_id FROM deliveries WHERE network_id = %(network)s AND event_id = %(event)s)
    RETURNING subscription_id, last_number),
owed AS (
    INSERT INTO deliveries (network_id, subscription_id, number, event_id, event_type, episode_id, clinic_id,
        occurred_at, precision, recorded_at, origin, dataref, correlation_id, due_at)
    SELECT %(network)s, subscription_id, last_number, %(event)s, %(type)s, %(episode)s, %(clinic)s,
        %(occurred_at)s, %(precision)s, %(recorded_at)s, %(origin)s, %(dataref)s, %(correlation)s,
        greatest(clock_timestamp(), %(not_before)s::timestamptz)
    FROM asked RETURNING 1)
SELECT pg_notify(%(wake)s, '') WHERE EXISTS (SELECT 1 FROM owed) AND {loud}
"""
"""Counting locks the subscription's row, and a failed transaction undoes it, so numbers have no gaps. The
time is looked at when the row is locked: what is owed to a subscription is due in the order of its numbers.

Who was owed it is read once (`NOT IN`): asked for each of ten thousand subscriptions, what this statement had
written for the others was read again and again.
"""

OWE_PARTNER = _OWE.format(whose=_OF_PARTNER, loud=LOUD)
_OWE_WHOEVER_WAS_SENT = _OWE.format(whose=_SENT_THE_ENTRY, loud=LOUD)
_TOLD_OF = "coalesce(sessions, ARRAY[event_id])"
_TAKE_BACK = f"""UPDATE inbox
SET sessions = ARRAY(SELECT unnest({_TOLD_OF}) EXCEPT SELECT unnest(%(sessions)s::uuid[])),
    taken_back_at = CASE WHEN {_TOLD_OF} <@ %(sessions)s THEN now() END,
    taken_back_by = CASE WHEN {_TOLD_OF} <@ %(sessions)s THEN %(event)s::uuid END
WHERE network_id = %(network)s AND episode_id = %(episode)s
    AND concern = 'rule_of_care_broken' AND taken_back_at IS NULL
    AND {_TOLD_OF} && %(sessions)s AND coalesce(event_number < %(number)s::bigint, true)
RETURNING clinic_id"""  # noqa: S608 - our own words


async def to_partner(
    db: Connection, about: EventRow, partner: UUID, not_before: datetime | None = None
) -> None:
    """Add a delivery, with the next number, for each active subscription of the partner that selects such
    events and was not owed this one before.
    """
    await db.execute(OWE_PARTNER, {**about, "partner": partner, "not_before": not_before, "wake": WAKE})


async def to_whoever_was_sent(db: Connection, about: EventRow, entry: UUID) -> None:
    """Add a delivery for each active subscription that was or will be sent the entry, whatever it selects."""
    await db.execute(_OWE_WHOEVER_WAS_SENT, {**about, "entry": entry, "not_before": None, "wake": WAKE})


async def to_inbox(db: Connection, about: EventRow, owed: InboxOwed) -> None:
    """Add an item for the staff of the clinic, or for one therapist, unless it is there already."""
    await db.execute(
        "INSERT INTO inbox (network_id, item_id, clinic_id, episode_id, event_id, concern, severity,"
        " recipient_id, sessions, event_number, occurred_at, precision, recorded_at, link)"
        " VALUES (%(network)s, %(item)s, %(to)s, %(episode)s, %(event)s, %(concern)s, %(severity)s,"
        " %(recipient)s, %(sessions)s, %(number)s, %(occurred_at)s, %(precision)s,"
        " %(recorded_at)s, %(dataref)s)"
        " ON CONFLICT DO NOTHING",
        dict(about)
        | {
            "item": uuid5(UUID(about["event"]), owed.concern),
            "to": owed.clinic,
            "concern": owed.concern,
            "severity": owed.severity,
            "recipient": owed.recipient,
            "sessions": list(owed.sessions) or None,
            "number": about.get("number"),
        },
    )


async def take_back(db: Connection, about: EventRow, owed: AlertsTakenBack) -> None:
    """Take back earlier alerts of these sessions, and tell whom they were for. One that tells of other
    sessions stands for those; one of a later event overtook this one, and stands.
    """
    taken = await db.execute(_TAKE_BACK, {**about, "sessions": list(owed.sessions)})
    row = await taken.fetchone()
    if row is not None:
        await to_inbox(db, about, InboxOwed(row["clinic_id"], "notice", "breach_taken_back"))


def event_row(event: PublishedEvent) -> EventRow:
    """The fields of an event that a delivery or an item repeats."""
    return {
        "network": event.network,
        "event": str(event.id),
        "type": event.type,
        "episode": str(event.episode),
        "clinic": str(event.clinic),
        "occurred_at": timestamp(event.time),
        "precision": event.precision,
        "recorded_at": timestamp(event.recordedtime),
        "origin": event.origin,
        "dataref": event.recordref,
        "correlation": str(event.correlationid),
        "number": str(event.sequence),
    }
