"""The parameters of paths and queries, read strictly: a fault names the rule it breaks, not what was sent."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from care_platform.described_model import DescribedModel
from episodes.http.moments import MOMENT

_MOMENT: TypeAdapter[Any] = TypeAdapter(MOMENT)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
SYSTEM_AND_VALUE = r"^[^|\u0000]{1,300}\|[^\u0000]{1,300}$"
"""An identifier that somebody else gave, as `system|value`."""


def read_uuid(text: object) -> UUID:
    """The id in its usual notation alone: with hyphens, without braces or a prefix."""
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        raise PydanticCustomError("uuid", "A UUID, as in RFC 9562")
    return UUID(text)


def _read_whole(text: object) -> int:
    if not isinstance(text, str) or not re.fullmatch("[0-9]{1,9}", text):
        raise PydanticCustomError("whole_number", "A whole number, in digits alone")
    return int(text)


def _read_moment(text: object) -> datetime:
    try:
        moment: datetime = _MOMENT.validate_python(text)
    except ValidationError:
        raise PydanticCustomError("time", "A time with its offset, as in RFC 3339") from None
    return moment


Id = Annotated[UUID, BeforeValidator(read_uuid)]
DIGITS = BeforeValidator(_read_whole)
"""Beside a whole number: no sign, no exponent, nothing that only a parser would take for one."""
Moment = Annotated[
    datetime, BeforeValidator(_read_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Query(DescribedModel):
    """The parameters of a query. Which names are known, `allowed` checks."""

    model_config = ConfigDict(frozen=True)
