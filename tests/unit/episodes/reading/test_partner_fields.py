"""What a partner may read of each fact: every field of every fact of every kind, at every depth."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args, get_type_hints
from uuid import UUID, uuid4

import pytest

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.plans import Plan
from episodes.domain.field_rules import CLIENT, CLINIC, EVENT, PARTNER, STAFF, Names, PartOf
from episodes.domain.values import Screening
from episodes.domain.vocabulary import STEPS
from episodes.reading.documents import plain
from episodes.reading.partner_fields import partner_fields

FACTS = [*(step.fact for step in STEPS), Plan]
FOR_NO_PARTNER = {
    "EpisodeOpened": {"client", "continues", "therapist"},
    "TreatmentConsented": {"witness"},
    "SessionDelivered": {"chaperone", "participants"},
    "SharingConsented": {"subject"},
    "ReferralMade": {"subject"},
    "ReferralAnswered": {"recorded_by"},
    "ResponsibilityTransferred": {"accepted_by", "former", "to"},
    "EntryAddedTo": {"added"},  # shown by the fields of the kind it adds to
    "EntryCorrected": {"performed_by", "replacement"},
    "EntryAttested": {"by"},
}
NEED_SCREENING = {"screening", "health_update", "breaches"}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_of_each_fact_it_is_said_what_no_partner_reads(fact: Any) -> None:
    names = {field.name for field in fields(fact)}
    assert names - partner_fields(fact).keys() == FOR_NO_PARTNER.get(fact.__name__, set())
    assert {name for name, screened in partner_fields(fact).items() if screened} == names & NEED_SCREENING


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_no_id_of_staff_or_client_is_in_what_a_partner_reads_at_any_depth(fact: Any) -> None:
    """Every field is filled in, those of its parts too, and each id of a person is watched for."""
    people: set[UUID] = set()
    whole = _filled(fact, people)
    shown = plain({name: getattr(whole, name) for name in partner_fields(fact)})
    assert not people & set(_ids(shown))


@dataclass(frozen=True)
class _Inner:
    who: UUID


@dataclass(frozen=True)
class _Helper:
    id: Annotated[UUID, STAFF]
    role: str


@dataclass(frozen=True)
class _Tomorrow:
    """A fact as somebody may write it next year."""

    words: str
    told_at: datetime
    entries: Annotated[tuple[UUID, ...], EVENT]
    partner: Annotated[UUID, PARTNER] | None
    screening: Screening | None
    unmarked: UUID
    unmarked_ones: tuple[UUID, ...] | None
    inner: tuple[_Inner, ...]
    therapist: Annotated[UUID, STAFF]
    client: Annotated[UUID | None, CLIENT]
    clinic: Annotated[UUID, CLINIC]
    helpers: tuple[_Helper, ...]
    anything: Any
    unheard_of: complex
    held: Annotated[Any, PartOf(whole=True)]


def test_what_is_not_known_to_be_for_partners_is_not() -> None:
    assert dict(partner_fields(_Tomorrow)) == {
        "words": False,
        "told_at": False,
        "entries": False,
        "partner": False,
        "screening": True,
    }


def _filled(cls: type[Any], people: set[UUID]) -> Any:
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{field.name: _value(hints[field.name], people, ()) for field in fields(cls)})


def _value(hint: Any, people: set[UUID], marks: tuple[Any, ...]) -> Any:
    marks = (*marks, *getattr(hint, "__metadata__", ()))
    if hint is UUID:
        made = uuid4()
        if any(isinstance(mark, Names) and mark != PARTNER for mark in marks) or not marks:
            people.add(made)
        return made
    if is_dataclass(hint) and isinstance(hint, type):
        return _filled(hint, people)
    parts = [part for part in get_args(hint) if part not in (Ellipsis, type(None), *marks)]
    if parts:
        made = _value(parts[0], people, marks)
        return (made,) if getattr(hint, "__origin__", None) is tuple else made
    plain_values: dict[Any, Any] = {int: 1, float: 1.0, bool: True, date: date(2026, 3, 2)}
    return plain_values.get(hint, datetime(2026, 3, 2, tzinfo=UTC) if hint is datetime else "words")


def _ids(value: Any) -> Iterator[UUID]:
    match value:
        case UUID():
            yield value
        case list():
            for part in value:
                yield from _ids(part)
        case dict():
            for part in value.values():
                yield from _ids(part)


def test_what_an_amendment_holds_is_shown_by_the_fields_of_its_kind() -> None:
    assert "replacement" not in partner_fields(EntryCorrected)
    assert "added" not in partner_fields(EntryAddedTo)
