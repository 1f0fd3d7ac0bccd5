"""How many partitions each topic had when the relay first met it, kept beside its position."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from episodes.publishing.kafka import PartitionsChanged

_MEET = """INSERT INTO published_topics (topic, partitions) SELECT * FROM unnest(%s::text[], %s::int[])
ON CONFLICT DO NOTHING"""
_ACCEPT = """INSERT INTO published_topics (topic, partitions) SELECT * FROM unnest(%s::text[], %s::int[])
ON CONFLICT (topic) DO UPDATE SET partitions = excluded.partitions, accepted_at = now()
WHERE published_topics.partitions <> excluded.partitions RETURNING topic"""


def refuse_others(connection: Connection[Any], met: Mapping[str, int]) -> None:
    """Remember the counts of topics met for the first time. Raises `PartitionsChanged` for another count."""
    connection.execute(_MEET, (list(met), list(met.values())))
    for row in connection.execute("SELECT topic, partitions FROM published_topics").fetchall():
        topic, had = row["topic"], row["partitions"]
        if met.get(topic, had) != had:
            raise PartitionsChanged(topic, had, met[topic])


def accept(connection: Connection[Any], met: Mapping[str, int]) -> list[str]:
    """Take these counts as the right ones from now on. Returns the topics that had others or none."""
    return [row[0] for row in connection.execute(_ACCEPT, (list(met), list(met.values())))]
