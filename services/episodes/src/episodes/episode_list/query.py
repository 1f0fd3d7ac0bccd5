"""What the list takes and gives, as the OpenAPI document says it."""

from episodes.domain.status import STATUSES
from episodes.http.openapi import SYSTEM_AND_VALUE, TIME_SCHEMA, UUID_SCHEMA, Schema

MOST, USUAL = 200, 50
"""Episodes of a page."""


def _parameter(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: tuple[Schema, ...] = (
    _parameter("client", "Of this client", UUID_SCHEMA),
    _parameter("status", "In this status", {"type": "string", "enum": list(STATUSES)}),
    _parameter("clinic", "Of this clinic", UUID_SCHEMA),
    _parameter("therapist", "For which this therapist answers now", UUID_SCHEMA),
    _parameter(
        "source_ref", "system|value: the episode in which this id of yours was recorded", SYSTEM_AND_VALUE
    ),
    _parameter(
        "limit", "Most of a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    ),
    _parameter("cursor", "`next` of the page before", {"type": "string", "pattern": "^e[0-9a-f]{32}$"}),
    _parameter(
        "after_write",
        "episode:version, as a command answered: wait until the list has it",
        {
            "type": "string",
            "pattern": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}:[1-9][0-9]{0,8}$",
        },
    ),
)

_LINE: Schema = {
    "type": "object",
    "required": ["id", "version", "status", "clinic", "client", "last_recorded_at"],
    "properties": {
        "id": UUID_SCHEMA,
        "version": {"type": "integer"},
        "status": {"type": "string", "enum": list(STATUSES)},
        "clinic": UUID_SCHEMA,
        "client": UUID_SCHEMA,
        "therapist": {**UUID_SCHEMA, "description": "Who answers for it; absent once the client is erased"},
        "opened_at": {**TIME_SCHEMA, "description": "Absent once the client is erased"},
        "closed_at": TIME_SCHEMA,
        "last_recorded_at": TIME_SCHEMA,
        "continues": {**UUID_SCHEMA, "description": "The ended episode this one said it continues"},
        "may_continue": {
            **UUID_SCHEMA,
            "description": "A warning: an episode of the same client that ended within three months before",
        },
    },
}

ANSWER: Schema = {
    "type": "object",
    "required": ["episodes"],
    "properties": {
        "episodes": {"type": "array", "items": _LINE},
        "next": {"type": "string", "description": "The cursor of the next page; absent on the last"},
    },
}
