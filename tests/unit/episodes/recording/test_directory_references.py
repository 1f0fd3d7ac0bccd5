"""Whom a command names is found wherever it stands in its body."""

from dataclasses import replace
from uuid import UUID

from episodes.domain.care.sessions import Participant
from episodes.recording.directory_references import DirectoryReference, references_in
from tests.support.episodes.care_facts import a_correction_of, a_session, a_transfer, an_addition_to
from tests.support.episodes.scenario import CLINIC, COLLEAGUE, THERAPIST, march

SESSION = replace(
    a_session(march(5, 10)),
    chaperone=COLLEAGUE,
    participants=(Participant(id=THERAPIST, role="student"), Participant(id=COLLEAGUE, role="assistant")),
)
PEOPLE = [
    ("/chaperone", COLLEAGUE),
    ("/participants/0/id", THERAPIST),
    ("/participants/1/id", COLLEAGUE),
]


def staff_below(pointer: str) -> list[DirectoryReference]:
    return [DirectoryReference("staff", who, pointer + place) for place, who in PEOPLE]


def test_people_in_the_room_are_named_at_their_places() -> None:
    assert list(references_in(SESSION)) == staff_below("")


def test_what_an_amendment_holds_names_them_too() -> None:
    correction = a_correction_of("session-delivered.1", SESSION, performed_by=UUID(int=9))
    corrector = DirectoryReference("staff", UUID(int=9), "/performed_by")
    assert [*staff_below("/replacement"), corrector] == list(references_in(correction))
    addition = an_addition_to("session-delivered.1", chaperone=COLLEAGUE, participants=SESSION.participants)
    assert list(references_in(addition)) == staff_below("/added")
    assert list(references_in(an_addition_to("session-delivered.1", position="prone"))) == []


def test_a_transfer_names_who_and_where() -> None:
    assert list(references_in(a_transfer())) == [
        DirectoryReference("staff", COLLEAGUE, "/to/therapist"),
        DirectoryReference("clinics", CLINIC, "/to/clinic"),
    ]
