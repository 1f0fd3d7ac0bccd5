"""What the list takes and gives, as the OpenAPI document says it."""

from typing import Any

Schema = dict[str, Any]

STATUSES = ("open", "on_hold", "closed")
_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}


def _parameter(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: tuple[Schema, ...] = (
    _parameter("client", "Of this client", _UUID),
    _parameter("status", "In this status", {"type": "string", "enum": list(STATUSES)}),
    _parameter("clinic", "Of this clinic", _UUID),
    _parameter("therapist", "For which this therapist answers now", _UUID),
    _parameter(
        "source_ref",
        "system|value: the episode in which this id of yours was recorded",
        {"type": "string", "pattern": r"^[^|\u0000]{1,300}\|[^\u0000]{1,300}$"},
    ),
    _parameter("limit", "Most of a page", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
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
        "id": _UUID,
        "version": {"type": "integer"},
        "status": {"type": "string", "enum": list(STATUSES)},
        "clinic": _UUID,
        "client": _UUID,
        "therapist": {**_UUID, "description": "Who answers for it; absent once the client is erased"},
        "opened_at": {**_TIME, "description": "Absent once the client is erased"},
        "closed_at": _TIME,
        "last_recorded_at": _TIME,
        "continues": {**_UUID, "description": "The ended episode this one said it continues"},
        "may_continue": {
            **_UUID,
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
