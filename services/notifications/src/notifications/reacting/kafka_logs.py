"""Whether a stored position still means a place in the log that its partition has now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import structlog
from kafka import KafkaAdminClient

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker has it now. One that was deleted and made again has another id (KIP-516)."""

    id: UUID
    partitions: frozenset[int]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self:
        return cls(described["topic_id"], frozenset(it["partition_index"] for it in described["partitions"]))


def topics_there(admin: KafkaAdminClient, names: Iterable[str]) -> Mapping[str, Topic]:
    """Those topics that exist, asked of the broker now. Raises `KafkaError`."""
    return {it["name"]: Topic.of(it) for it in admin.describe_topics(list(names)) if not it["error_code"]}


@dataclass(frozen=True, slots=True)
class Extent:
    """The log of a partition: the id of its topic, its first offset, and the one after its last."""

    topic: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin reading a partition, and how many offsets before it were deleted unread."""

    offset: int
    deleted: int = 0


def start_in(now: Extent, lane: str, position: str | None, topic: str | None) -> Start:
    """Go on at the stored position if it means a place in this log, else at the beginning, which is said.

    `topic` is the id of the topic that the position is an offset of, if it is known. What is read again
    has no second effect, because the ids of events are remembered.
    """
    if position is None:
        return Start(now.begins)
    offset = int(position)
    if topic not in (None, now.topic):
        log.warning("the topic was made again: reading it from the beginning", lane=lane, position=offset)
    elif offset > now.ends:
        log.warning("the log ends before the position: reading it from the beginning", lane=lane)
    elif offset < now.begins:
        deleted = now.begins - offset
        log.error("records were deleted unread", lane=lane, count=deleted, position=offset)
        return Start(now.begins, deleted)
    else:
        return Start(offset)
    return Start(now.begins)
