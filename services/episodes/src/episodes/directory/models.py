"""The entries of the directory as given by callers: strict, and with names only where names belong."""

import re
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_json

from care_platform.described_model import DescribedModel


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Text that is more than blanks")
    return text


Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$"),
    AfterValidator(_not_blank),
]
YEAR_OR_MONTH = r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$"


@cache
def _zones() -> frozenset[str]:
    """Places and UTC: not the machine's own `localtime`, nor the old names of single offsets."""
    return frozenset(zone for zone in available_timezones() if "/" in zone) | {"UTC"}


def _known_zone(zone: str) -> str:
    if zone not in _zones():
        raise ValueError("an IANA time zone, such as America/Los_Angeles")
    return zone


def _without_bar(system: str) -> str:
    """In a search `|` ends the system. (No pattern: the document promised that there is none.)"""
    if "|" in system:
        raise ValueError("a text without `|`, which separates system and value")
    return system


def _birth_date(said: Any) -> date | str | None:
    """A day, or the text of a year or month, kept apart: whoever reads `birth_date` reads a day."""
    if said is None or isinstance(said, date):
        return said
    if isinstance(said, str) and re.fullmatch(YEAR_OR_MONTH, said):
        return said
    try:
        return _DAY.validate_json(to_json(said), strict=True)
    except ValidationError:
        raise ValueError("a day, or a year or month") from None


def _different(identifiers: tuple["Identifier", ...]) -> tuple["Identifier", ...]:
    if len(set(identifiers)) < len(identifiers):
        raise ValueError("each identifier is given once")
    return identifiers


_DAY = TypeAdapter(date)
BirthDate = Annotated[
    date | str, BeforeValidator(_birth_date), WithJsonSchema({"type": "string", "format": "date"})
]


class Entry(BaseModel):
    """An entry of the directory, read strictly."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Clinic(Entry):
    """A clinic is a place where care is given."""

    zone: Annotated[Text, AfterValidator(_known_zone)]
    """The IANA time zone of the clinic, which says when a day begins and ends."""
    jurisdiction: Text | None = None
    """The jurisdiction that the clinic is in, such as `US-WA`."""


class Licence(Entry):
    """A licence allows a member of staff to practise."""

    jurisdiction: Text
    """The jurisdiction that gave the licence, such as `US-WA`."""
    number: Text
    """The number of the licence."""
    profession: Text | None = None
    """The profession that the licence is for."""


class Staff(Entry):
    """A member of staff works for the network."""

    role: Literal["therapist", "supervisor", "coordinator", "privacy_officer", "student", "assistant"]
    """The person's role in the network; what a caller may do is said by the role in its token."""
    name: Text | None = None
    """The person's name, which stays in the directory: events carry the random id."""
    licences: Annotated[tuple[Licence, ...], Field(max_length=50)] = ()
    """The person's licences; whoever vouches for entries needs one."""
    clinics: Annotated[tuple[UUID, ...], Field(max_length=50)] | None = None
    """The clinics where the person works, whose coordinators may change the entry. If not given, they stay as
    they are; a new entry has those of the token.
    """


class PartnerSaid(Entry):
    """What the directory has of a partner."""

    kind: Literal["physical_therapist", "chiropractor", "physician", "massage_therapist", "employer", "other"]
    """What kind of provider or organisation the partner is."""
    organisation: Text
    """The name of the partner's organisation."""


class Partner(PartnerSaid):
    """A partner is somebody outside the network whom a client may be referred to or share with."""

    reason: Text | None = None
    """Why the entry is changed, in words, kept in its history: with it a `privacy_officer` may correct how
    the organisation of a partner is spelt that was shared with."""


class Identifier(Entry):
    """A number that somebody else gave the client."""

    system: Annotated[Text, AfterValidator(_without_bar)]
    """The name of whoever gave the number; for a partner's own number, the partner's id."""
    value: Text
    """The number itself; in one system no two clients of a network have the same. It is compared without
    blanks around it, and with letters composed (NFC).
    """


class ClientIdentity(Entry):
    """Who the client is. It can be erased and never enters an event."""

    name: Text | None = None
    """The client's name; absent where the directory does not keep it."""
    birth_date: BirthDate | None = None
    """The day on which the client was born, from 1900 to today. A year or month that is sent here is kept as
    `born`."""
    born: Annotated[str, StringConstraints(max_length=7, pattern=YEAR_OR_MONTH)] | None = None
    """The year (`1980`) or month (`1980-05`) in which the client was born, where the day is not known. A
    client has this or `birth_date`, and nobody is identified by it."""
    contact: Text | None = None
    """How the client can be reached, in words."""
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=50), AfterValidator(_different)] = ()
    """The numbers that others gave the client, each of them once. A partner's, once given, is moved or taken
    away by the privacy officer or a service alone.
    """
    clinics: Annotated[tuple[UUID, ...], Field(max_length=50)] | None = None
    """Clinics at which the client is to be registered beside those where it is; of an entry that is read, the
    caller's clinics where it is. If not given, a new client is registered at the clinics of the token.
    """

    @model_validator(mode="after")
    def _either(self) -> "ClientIdentity":
        if self.birth_date is not None and self.born is not None:
            raise ValueError("either birth_date or born")
        return self


class ClientIdentification(Entry):
    """What somebody knows who has the client before them."""

    identifier: Identifier
    """A number that the client has."""
    birth_date: date
    """The day on which the client was born."""


class Recorded(DescribedModel):
    """An entry as it is answered."""

    model_config = ConfigDict(extra="ignore")
    id: UUID
    """The id under which the entry was put."""


class ClinicEntry(Clinic, Recorded):
    """A clinic of the directory."""


class StaffEntry(Staff, Recorded):
    """A member of staff in the directory."""


class PartnerEntry(PartnerSaid, Recorded):
    """A partner in the directory."""


class ClientEntry(ClientIdentity, Recorded):
    """A client's identity in the directory."""


class FoundClient(DescribedModel):
    """A client that has the identifier which was asked for."""

    id: UUID
    """The client's id."""


class FoundClients(DescribedModel):
    """The answer to a search by identifier."""

    clients: Annotated[list[FoundClient], Field(max_length=1)]
    """The client with that identifier; empty if there is none."""
