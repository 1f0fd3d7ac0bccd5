"""Stores what is held behind a gap, and the gap until it is closed. Rows stay, as everywhere."""

from uuid import UUID

from contracts.envelope import PublishedEvent
from notifications.postgres.connections import Connection
from notifications.reacting.gaps import Gap
from notifications.reacting.messages import Message, unpack

GAPS = """SELECT episode_id, after_sequence, up_to FROM gaps
WHERE network_id = %s AND episode_id = ANY (%s) AND ended_at IS NULL"""

HEAL_AFTER = "interval '2 seconds'"
"""How long a gap is left to close by itself, as one does whose events arrive in another order."""

_OPEN_GAP = f"""
INSERT INTO gaps (network_id, episode_id, clinic_id, after_sequence, up_to, next_try_at)
VALUES (%s, %s, %s, %s, %s, now() + {HEAL_AFTER})
ON CONFLICT (episode_id, network_id) WHERE ended_at IS NULL DO UPDATE
SET after_sequence = greatest(gaps.after_sequence, excluded.after_sequence),
    up_to = greatest(gaps.up_to, excluded.up_to)
"""  # noqa: S608 - our own words
_CLOSE_GAP = """
UPDATE gaps SET after_sequence = %(after)s,
    ended_at = CASE WHEN up_to <= %(after)s THEN now() END,
    ending = CASE WHEN up_to <= %(after)s THEN 'healed' END
WHERE network_id = %(network)s AND episode_id = %(episode)s AND ended_at IS NULL
"""
"""Another process may meanwhile know of more events than ours: then it stays open."""

_RELEASE = """
UPDATE held_events SET taken_at = now()
WHERE network_id = %(network)s AND event_id = (
    SELECT event_id FROM held_events
    WHERE network_id = %(network)s AND episode_id = %(episode)s AND sequence <= %(up_to)s AND taken_at IS NULL
    ORDER BY sequence, held_at, event_id LIMIT 1)
RETURNING place, form, raw
"""
_REPEATS = """
INSERT INTO repeated_numbers (network_id, event_id, episode_id, sequence)
SELECT %(network)s, %(event)s, %(episode)s, %(sequence)s WHERE NOT EXISTS (
    SELECT 1 FROM gaps WHERE network_id = %(network)s AND episode_id = %(episode)s
        AND ending = 'passed over' AND after_sequence < %(sequence)s AND up_to >= %(sequence)s)
RETURNING true
"""

_PASS_NUMBER = """
WITH passed AS (
    UPDATE gaps SET after_sequence = %(number)s,
        ended_at = CASE WHEN up_to <= %(number)s THEN now() END,
        ending = CASE WHEN up_to <= %(number)s THEN 'passed over' END
    WHERE network_id = %(network)s AND episode_id = %(episode)s AND ended_at IS NULL
        AND after_sequence = %(number)s - 1)
INSERT INTO known_episodes (network_id, episode_id, clinic_id, last_sequence)
SELECT %(network)s, %(episode)s, %(clinic)s, %(number)s WHERE %(number)s - 1 = coalesce((
    SELECT last_sequence FROM known_episodes WHERE network_id = %(network)s AND episode_id = %(episode)s), 0)
ON CONFLICT (network_id, episode_id) DO UPDATE SET last_sequence = excluded.last_sequence
"""
"""If the first event of an episode is passed over, this is the first that is known of the episode."""

_PASS_GAP = """
WITH passed AS (
    UPDATE gaps SET ended_at = now(), ending = 'passed over'
    WHERE network_id = %(network)s AND episode_id = %(episode)s AND ended_at IS NULL
    RETURNING network_id, episode_id, clinic_id, up_to)
INSERT INTO known_episodes (network_id, episode_id, clinic_id, last_sequence) SELECT * FROM passed
ON CONFLICT (network_id, episode_id) DO UPDATE
SET last_sequence = greatest(known_episodes.last_sequence, excluded.last_sequence)
"""


async def keep_gap(db: Connection, event: PublishedEvent, gap: Gap) -> None:
    """Store a gap; one that is closed ends."""
    place = (event.network, event.episode)
    if gap.closed:
        await db.execute(_CLOSE_GAP, {"network": place[0], "episode": place[1], "after": gap.after})
    else:
        await db.execute(_OPEN_GAP, [*place, event.clinic, gap.after, gap.up_to])


async def hold(db: Connection, message: Message, event: PublishedEvent) -> None:
    """Keep a message until its turn. A repeated one is kept once."""
    await db.execute(
        "INSERT INTO held_events (network_id, event_id, episode_id, sequence, form, place, raw)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [
            event.network,
            event.id,
            event.episode,
            event.sequence,
            message.form,
            message.place,
            message.raw(),
        ],
    )


async def release(db: Connection, network: str, episode: UUID, up_to: int) -> Message | None:
    """The first message held of the episode, unless its number is higher; it is held no longer."""
    asked = {"network": network, "episode": episode, "up_to": up_to}
    row = await (await db.execute(_RELEASE, asked)).fetchone()
    return None if row is None else unpack(network, row["place"], row["form"], bytes(row["raw"]))


async def repeats(db: Connection, event: PublishedEvent) -> bool:
    """Note an event whose number another one had; false if the number was passed over on purpose."""
    asked = {
        "network": event.network,
        "event": event.id,
        "episode": event.episode,
        "sequence": event.sequence,
    }
    return await (await db.execute(_REPEATS, asked)).fetchone() is not None


async def pass_number(db: Connection, network: str, episode: UUID, number: int, clinic: UUID) -> None:
    """Go on behind this number of the episode without its event, if its turn it is."""
    values = {"network": network, "episode": episode, "number": number, "clinic": clinic}
    await db.execute(_PASS_NUMBER, values)


async def pass_gap(db: Connection, network: str, episode: UUID) -> None:
    """Go on without what is missing of the episode. One that comes late is no repetition."""
    await db.execute(_PASS_GAP, {"network": network, "episode": episode})
