"""The parameters of paths and queries, read strictly: a fault names the rule it breaks, not what was sent."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from care_platform.described_model import DescribedModel
from episodes.http.moments import MOMENT

_MOMENT: TypeAdapter[Any] = TypeAdapter(MOMENT)
SYSTEM_AND_VALUE = r"^[^|\u0000]{1,300}\|[^\u0000]{1,300}$"
"""An identifier that somebody else gave, as `system|value`."""


def _read_moment(text: object) -> datetime:
    try:
        moment: datetime = _MOMENT.validate_python(text)
    except ValidationError:
        raise PydanticCustomError("time", "a time needs its offset, as in -08:00 or Z") from None
    return moment


Moment = Annotated[
    datetime, BeforeValidator(_read_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Query(DescribedModel):
    """The parameters of a query. Which names are known, `allowed` checks."""

    model_config = ConfigDict(frozen=True)
