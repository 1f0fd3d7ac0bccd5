"""The problem document of this service, with what its own kinds of problem say more."""

from typing import Annotated
from uuid import UUID

from pydantic import WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from care_platform.http.problem_document import ProblemDocument
from episodes.http.problems import KINDS

_TYPE = WithJsonSchema(
    {
        "type": "string",
        "enum": [kind.type for kind in KINDS.values()],
        "x-enum-varnames": [name.replace("-", "_").upper() for name in KINDS],  # for generated clients
    }
)


class Problem(ProblemDocument):
    """What a caller gets in place of an answer (RFC 9457). Nothing was recorded."""

    type: Annotated[str, _TYPE]
    """The kind of problem, as the address at which it is explained."""
    version: int | SkipJsonSchema[None] = None
    """The version the episode has, if the problem is that it has moved."""
    episode: UUID | SkipJsonSchema[None] = None
    """The episode recorded already under the `source_ref` of the request, if the caller may see it."""
    event: UUID | SkipJsonSchema[None] = None
    """The event recorded already under the `source_ref` of the request, if the caller may see it."""
