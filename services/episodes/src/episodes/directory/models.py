"""The entries of the directory as given by callers: strict, and with names only where names belong."""

from datetime import date
from functools import cache
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


@cache
def _zones() -> frozenset[str]:
    """Places and UTC: not the machine's own `localtime`, nor the old names of single offsets."""
    return frozenset(zone for zone in available_timezones() if "/" in zone) | {"UTC"}


def _known_zone(zone: str) -> str:
    if zone not in _zones():
        raise ValueError("an IANA time zone")
    return zone


def _different(identifiers: tuple["Identifier", ...]) -> tuple["Identifier", ...]:
    if len(set(identifiers)) < len(identifiers):
        raise ValueError("each identifier once")
    return identifiers


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Clinic(Entry):
    """Where care is given. Its zone says when a day begins and ends."""

    zone: Annotated[Text, AfterValidator(_known_zone)]
    jurisdiction: Text | None = None


class Licence(Entry):
    jurisdiction: Text
    number: Text
    profession: Text | None = None


class Staff(Entry):
    """Names of staff stay here: events carry the random id."""

    role: Literal["therapist", "supervisor", "coordinator", "privacy_officer", "student", "assistant"]
    name: Text | None = None
    licences: Annotated[tuple[Licence, ...], Field(max_length=50)] = ()


class Partner(Entry):
    kind: Literal["physical_therapist", "chiropractor", "physician", "massage_therapist", "employer", "other"]
    organisation: Text


class Identifier(Entry):
    """A number somebody else gave the client; a partner's own has the partner's id as its system."""

    system: Text
    value: Text


class ClientIdentity(Entry):
    """Who the client is. It can be erased and never enters an event."""

    name: Text | None = None
    birth_date: date | None = None
    contact: Text | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=50), AfterValidator(_different)] = ()


class Recorded(BaseModel):
    """An entry as it is answered."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)
    id: UUID
    """The id under which the entry was put."""


class ClinicEntry(Recorded, Clinic):
    """A clinic of the directory."""


class StaffEntry(Recorded, Staff):
    """A member of staff in the directory."""


class PartnerEntry(Recorded, Partner):
    """A partner in the directory."""


class ClientEntry(Recorded, ClientIdentity):
    """A client's identity in the directory."""


class FoundClient(BaseModel):
    """A client that has the identifier which was asked for."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    id: UUID
    """The client's id."""


class FoundClients(BaseModel):
    """The answer to a search by identifier."""

    model_config = ConfigDict(use_attribute_docstrings=True)
    clients: Annotated[list[FoundClient], Field(max_length=1)]
    """The client with that identifier; empty if there is none."""
