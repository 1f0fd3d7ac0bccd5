"""The table of snapshots: one for each episode, written by `project` and read where a state is not cached."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from psycopg import Connection

from episodes.event_log.arrays import Bytes, Numbers, Texts, Uuids
from episodes.event_log.codec import DataKey
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.snapshots import Snapshots, sealed
from episodes.event_log.state_form import FORM

LEAST_GROWTH = 8
GROWTH = 1 / 8
"""An episode gets a new snapshot once it has grown by an eighth, and by eight events at least. So few events
are read after one, and all that are ever written of an episode come to some eight times the last."""

_TOPIC = "snapshot"
SINCE_SNAPSHOT = f"""SELECT found.* FROM unnest(%b::uuid[], %b::bytea[]) AS wanted(episode, wanted_form)
LEFT JOIN LATERAL (
    SELECT true AS there,
        CASE WHEN usable THEN version END AS version, CASE WHEN usable THEN state END AS state
    FROM (
        SELECT *, form = wanted_form AND EXISTS (
            SELECT FROM stored_events WHERE originator_id = episode AND originator_version = one.version
        ) AS usable
        FROM episode_snapshots AS one WHERE episode_id = episode ORDER BY network_id LIMIT 1
    ) AS any_form
) AS kept ON true
CROSS JOIN LATERAL (
    SELECT originator_id, originator_version, topic, state FROM stored_events
    WHERE originator_id = episode AND originator_version >= coalesce(kept.version, 0)
    UNION ALL SELECT episode, kept.version, '{_TOPIC}', kept.state WHERE kept.there
    OFFSET 0
) AS found ORDER BY originator_version"""  # noqa: S608 - our own words
"""The snapshot of each episode, the event it was made after, and those that follow; all events where there is
none. Of a snapshot of another form, or beyond the end of the log, it tells only that there is one. In one
statement, so that all are of one moment."""

_VERSIONS = """SELECT episode_id, network_id, version FROM episode_snapshots
WHERE episode_id = ANY(%b) AND form = %b"""
_WRITE = """INSERT INTO episode_snapshots (network_id, episode_id, version, form, state)
SELECT * FROM unnest(%b::text[], %b::uuid[], %b::bigint[], %b::bytea[], %b::bytea[])
ON CONFLICT (episode_id, network_id) DO UPDATE
SET version = excluded.version, form = excluded.form, state = excluded.state"""


def wanted(episodes: Iterable[UUID]) -> list[tuple[UUID, bytes]]:
    """What `SINCE_SNAPSHOT` asks for, as rows."""
    return [(episode, FORM) for episode in episodes]


def separated(rows: Iterable[StoredEvent]) -> tuple[dict[UUID, list[StoredEvent]], Snapshots]:
    """The events among these rows and the snapshots, by episode."""
    events: dict[UUID, list[StoredEvent]] = defaultdict(list)
    snapshots: dict[UUID, bytes | None] = {}
    for row in rows:
        episode: Any = row.originator_id  # the library also has ids that are texts
        if row.topic == _TOPIC:
            snapshots[episode] = row.state
        else:
            events[episode].append(row)
    return events, snapshots


def write(
    connection: Connection[Any], moved: Collection[CachedEpisode], keys: Mapping[UUID, DataKey]
) -> None:
    """New snapshots of the episodes that have grown enough since their last, where all of them could be read.

    In a transaction that sees their networks.
    """
    rows = connection.execute(_VERSIONS, (Uuids(one.episode.id for one in moved), FORM), prepare=True)
    kept = {(row["network_id"], row["episode_id"]): row["version"] for row in rows}
    readable = (one for one in moved if one.whole and one.episode.entries)
    grown = [
        one
        for one in readable
        if due(one.episode.version, kept.get((one.episode.network, one.episode.id), 0))
    ]
    if grown:
        columns = (
            Texts(one.episode.network for one in grown),
            Uuids(one.episode.id for one in grown),
            Numbers(one.episode.version for one in grown),
            Bytes(FORM for _ in grown),
            Bytes(sealed(one, keys[one.episode.entries[0].metadata.key_id]) for one in grown),
        )
        connection.execute(_WRITE, columns, prepare=True)


def due(version: int, kept: int) -> bool:
    """Whether an episode at this version has grown enough, or is not as long as when it was kept."""
    return version < kept or version - kept >= max(LEAST_GROWTH, GROWTH * kept)
