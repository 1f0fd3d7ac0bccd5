"""The list of episodes as the project role writes it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from care_platform.postgres.notices import tell
from episodes.episode_list.line import EpisodeLine

_WRITE = """INSERT INTO episode_list (build, network_id, episode_id, clinic_id, client_id, therapist_id,
status, version, opened_at, closed_at, last_recorded_at, continues)
SELECT %b::bigint, * FROM unnest(%b::text[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[],
%b::text[], %b::bigint[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[], %b::uuid[])
ON CONFLICT (build, network_id, episode_id) DO UPDATE SET clinic_id = excluded.clinic_id,
client_id = excluded.client_id, therapist_id = excluded.therapist_id, status = excluded.status,
version = excluded.version, opened_at = excluded.opened_at, closed_at = excluded.closed_at,
last_recorded_at = excluded.last_recorded_at, continues = excluded.continues"""
_FIELDS = (
    *("network_id", "episode_id", "clinic_id", "client_id", "therapist_id", "status", "version"),
    *("opened_at", "closed_at", "last_recorded_at", "continues"),
)
_KEEP = """INSERT INTO episode_list (build, network_id, episode_id, clinic_id, client_id, therapist_id,
status, version, opened_at, closed_at, last_recorded_at, continues)
SELECT %s, network_id, episode_id, clinic_id, client_id, therapist_id, status, version, opened_at, closed_at,
last_recorded_at, continues FROM episode_list WHERE build = %s AND episode_id = ANY(%s)
ON CONFLICT DO NOTHING"""
CHANNEL = "episode_list"
"""Where readers who wait for their own write listen."""


def write(connection: Connection[Any], build: int, lines: Sequence[EpisodeLine]) -> None:
    """New lines and changed ones. In the transaction that moves the position."""
    columns = [[getattr(line, field) for line in lines] for field in _FIELDS]
    connection.execute(_WRITE, (build, *columns), prepare=True)


def keep_lines(connection: Connection[Any], old: int, build: int, episodes: Sequence[UUID]) -> None:
    """The lines that episodes have in the old build, for those without one in the new build."""
    connection.execute(_KEEP, (build, old, list(episodes)))


def announce(connection: Connection[Any]) -> None:
    """Tell who waits that the list has changed. After the transaction, which no notice may stop."""
    tell(connection, CHANNEL)


def delete_build(connection: Connection[Any], build: int) -> None:
    """All lines of a build, however long it takes. In a transaction."""
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("DELETE FROM episode_list WHERE build = %s", (build,))
