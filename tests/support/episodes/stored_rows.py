"""Rows of the log as somebody with SQL alone could write them."""

import json
from dataclasses import asdict, replace
from secrets import token_bytes
from typing import Any

from eventsourcing.persistence import Notification, StoredEvent
from pydantic import TypeAdapter
from uuid_utils.compat import uuid7

from episodes.domain.event import EventMetadata
from episodes.event_log.codec import DataKey, metadata_of
from episodes.event_log.stored_form import joined_with_salt, new_salt

Row = dict[str, Any]
"""A row of `stored_events`, by the names of its columns."""

UNHEARD_OF = "unheard-of.1"

INSERT = """INSERT INTO stored_events (originator_id, originator_version, topic, state)
VALUES (%(originator_id)s, %(originator_version)s, %(topic)s, %(state)s)"""


def rewritten(row: Row, **header: object) -> Row:
    """The event with other words in its clear header."""
    state = row["state"]
    end = 5 + int.from_bytes(state[1:5], "big")
    words = json.loads(state[5:end]) | header
    if "commitment" in words:
        words["commitment"] = words.pop("commitment")  # stays the last
    clear = json.dumps(words, separators=(",", ":")).encode()
    return row | {"state": state[:1] + len(clear).to_bytes(4, "big") + clear + state[end:]}


def of_a_later_release(row: Row, version: int) -> Row:
    """The event as this version of its episode, of a type that this release does not know."""
    return rewritten(row, type=UNHEARD_OF, version=version) | {
        "originator_version": version,
        "topic": UNHEARD_OF,
    }


def unheard_of(event: Notification) -> Notification:
    """The event as one of a type that only a later release knows."""
    return Notification(**of_a_later_release(asdict(event), event.originator_version))


def as_version(row: Row, episode: Any, version: int) -> Row:
    """The event in the row of another version, its header as it was."""
    return row | {"originator_id": episode, "originator_version": version}


def sealed_by_a_later_release(last: Row, key: DataKey) -> Row:
    """The next event of the episode as a later release would record it: published, and rightly sealed."""
    before = metadata_of(StoredEvent(**last))
    metadata = replace(
        before,
        event_id=uuid7(),
        type=UNHEARD_OF,
        version=before.version + 1,
        sequence=(before.sequence or 0) + 1,
    )
    assert key.cipher is not None
    header = TypeAdapter(EventMetadata).dump_json(metadata, exclude_none=True)
    state = joined_with_salt(header, b'{"fact":{"sung":true}}', key.cipher, token_bytes(12), new_salt())
    return {
        "originator_id": metadata.episode_id,
        "originator_version": metadata.version,
        "topic": UNHEARD_OF,
        "state": state,
    }
