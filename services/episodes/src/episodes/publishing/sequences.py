"""How far each episode has got, by what the log says in clear: for a follower to compare with what it knows.

A walk over the log in its order, a stretch of rows at a time. Nothing is opened.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from episodes.access import Caller
from episodes.event_log.clear_headers import CLEAR, EVENT_ID, clinic_in, naming, recorded_in, sequence_in
from episodes.event_log.reader import Database, event_at
from episodes.publishing.feed_positions import FeedPosition

ROWS = 1_000
"""How many rows of the log one page covers at most, of whatever network they are."""
SETTLED_MINUTES = 5
"""What was recorded later may be under way, and is left to the next walk."""

_CREDIBLE = "1 hour"
"""What claims to be recorded later than so long after now is damaged: it is not waited for."""

_SETTLED, _NOT_YET = (
    f"""to_char(now() AT TIME ZONE 'UTC' {moved}, 'YYYY-MM-DD"T"HH24:MI:SS')"""
    for moved in (f"- interval '{SETTLED_MINUTES} minutes'", f"+ interval '{_CREDIBLE}'")
)
_RELAYED = "(SELECT position FROM positions WHERE follower = 'kafka')"
_OWN = f"""position(%(network)s IN header) > 0 AND {sequence_in("header")} IS NOT NULL
    AND (%(clinics)s::uuid[] IS NULL OR {clinic_in("header")} = ANY(%(clinics)s))"""
"""Whether a row is a published event that is the caller's. Only these decide what is told."""
_STRETCH = f"""WITH stretch AS MATERIALIZED (
    SELECT notification_id AS place, originator_id AS episode, {EVENT_ID} AS event, {CLEAR} AS header
    FROM stored_events
    WHERE notification_id > %(after)s AND notification_id <= coalesce(%(up_to)s, {_RELAYED}, 0)
    ORDER BY notification_id LIMIT {ROWS}
), own AS MATERIALIZED (
    SELECT *, {sequence_in("header")} AS sequence, {recorded_in("header")} AS recorded
    FROM stretch WHERE {_OWN}
), settled AS MATERIALIZED (
    SELECT * FROM stretch WHERE place < coalesce(
        (SELECT min(place) FROM own WHERE recorded > {_SETTLED} AND recorded < {_NOT_YET}),
        9223372036854775807)
), published AS (
    SELECT *, first_value(place) OVER occurring AS first, first_value(event) OVER occurring AS first_event
    FROM own WHERE place <= (SELECT max(place) FROM settled)
    WINDOW occurring AS (PARTITION BY episode ORDER BY place)
)
SELECT last.*, episode, sequence, {clinic_in("newest.header")}, first, first_event, newest.place, newest.event
FROM (
    SELECT (SELECT count(*) FROM settled) AS rows, place, event FROM settled ORDER BY place DESC LIMIT 1
) AS last LEFT JOIN (
    SELECT DISTINCT ON (episode) * FROM published ORDER BY episode, place DESC
) AS newest ON true
ORDER BY first"""  # noqa: S608 - our own words
_BEHIND = f"""SELECT now(), {recorded_in("header")}
FROM (SELECT notification_id AS place, {CLEAR} AS header,
        row_number() OVER (ORDER BY notification_id) AS number
    FROM stored_events WHERE notification_id > %(end)s ORDER BY notification_id LIMIT {ROWS}) AS following
WHERE ({_OWN} OR number = {ROWS}) AND {recorded_in("header")} < {_NOT_YET}
ORDER BY place LIMIT 1"""  # noqa: S608 - our own words
"""When the next row of the caller was recorded; past those of others, as a position, by whole stretches."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The last published event of an episode in a stretch of the log: its sequence, and who recorded it."""

    episode: UUID
    sequence: int
    clinic: UUID


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a stretch of the log holds. `told` is where to go on, `behind` how many seconds ago the caller's
    first event after it was recorded, 0 if there is none."""

    episodes: Sequence[Reached]
    told: FeedPosition
    behind: float


class PublishedSequences:
    """Reads one stretch with one statement, beside whoever records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, who: Caller, after: FeedPosition, up_to: int | None, limit: int) -> Stretch:
        """The stretch after a position, up to the `limit`-th episode that occurs in it.

        It ends before what was recorded in the last minutes, and at what the relay has sent, or at `up_to`.
        """
        values = {
            "after": after.place,
            "up_to": up_to,
            "network": naming(who.network),
            "clinics": None if who.clinics is None else list(who.clinics),
        }
        async with self._database.within(who.network) as connection:
            rows = await (await connection.execute(_STRETCH.encode(), values, binary=True)).fetchall()
            told, end, episodes = _cut([_Found(*row) for row in rows], limit, after)
            asked = connection.execute(_BEHIND.encode(), values | {"end": end}, binary=True)
            found = await (await asked).fetchone()
        return Stretch(episodes, told, 0.0 if found is None else _age(*found))


def _age(now: datetime, recorded: str) -> float:
    """How many seconds ago, 0 if what the row says is no time."""
    with suppress(ValueError):
        return max(0.0, (now - datetime.fromisoformat(recorded)).total_seconds())
    return 0.0


class _Found(NamedTuple):
    """How many rows the stretch has, and its last one; and if there is one, an episode in it: the sequence of
    its newest published event, who recorded that, and the rows where it first occurs and last."""

    rows: int
    end: int
    end_event: bytes
    episode: UUID | None
    sequence: int
    clinic: UUID
    first: int
    first_event: bytes
    newest: int
    newest_event: bytes


def _cut(
    found: Sequence[_Found], limit: int, after: FeedPosition
) -> tuple[FeedPosition, int, Sequence[Reached]]:
    """Where to go on, how far the log is covered, and the episodes: at most `limit`, as they first occur.

    As in the feed, a position moves past rows of others by whole stretches alone.
    """
    if not found:
        return after, after.place, ()
    episodes = [one for one in found if one.episode is not None]
    kept = [Reached(one.episode, one.sequence, one.clinic) for one in episodes[:limit] if one.episode]
    if len(episodes) > limit:
        last = episodes[limit - 1]
        return _position(last.first, last.first_event), last.first, kept
    told = after
    if found[0].rows == ROWS:
        told = _position(found[0].end, found[0].end_event)
    elif episodes:
        last = max(episodes, key=lambda one: one.newest)
        told = _position(last.newest, last.newest_event)
    return told, found[0].end, kept


def _position(place: int, event: bytes) -> FeedPosition:
    return FeedPosition.of(place, event_at(event))
