"""A course of care as a clinic records it: a visit a week, with what belongs to each, for months or years."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from random import Random
from typing import Any
from uuid import UUID, uuid4

from episodes.domain.care.assessments import Assessed
from episodes.domain.care.openings import Complaint, EpisodeOpened
from episodes.domain.care.plans import Goal, PlanRefined, PlanSet, Reassess
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import ConsentConfirmed, SessionChecked, VerdictReason
from episodes.domain.care.sessions import SessionDelivered, SessionNotDelivered, SoapNote
from episodes.domain.care.sharing_consents import SharingConsented
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.values import (
    Coded,
    Given,
    InstrumentResult,
    Reading,
    Scale,
    Screening,
    ScreeningItem,
    Site,
    Technique,
)
from episodes.http.examples import PARTNER, THERAPIST

A_WEEK = timedelta(weeks=1)
EVENTS_OF_A_VISIT = 2.7
"""On average, so that a course of so many events can be made to end today."""

_BACK = Site(code="lumbar_spine", list="body-sites/1", side="both")
_NECK = Site(code="neck", list="body-sites/1", side="left")
_PAIN = Coded(code="pain", list="measures/1")
_OSWESTRY = Coded(code="oswestry", list="instruments/1")
_ASKED = ("fever", "anticoagulants", "contagious_skin", "recent_surgery")
_OF_A_HUNDRED = Scale(min=0, max=100, higher_is="worse")
_GIVEN = Given(by="client")
_HEARD = (
    "Slept through the night for the first time since the move, though stiff again by noon at the desk.",
    "Better after the last visit for three days, then the long drive brought the ache back on the left.",
    "No worse, no better; the exercises were done on four days out of seven, mostly in the evening.",
    "Could lift the child again without a sharp pain, and noticed less tingling below the knee.",
)
_SEEN = (
    "Guarding of the left paraspinals eased after ten minutes; range forward improved by about a hand.",
    "Tender points at the upper border, referral to the shoulder blade as before, less than last week.",
    "Even tone on both sides at the end; slight redness where the pressure was deepest, gone in minutes.",
)
_NEXT = ("Go on as planned, next week the same.", "Less pressure on the neck; ask about the night again.")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of an episode, when it happened, and the id of its event, which later facts name."""

    fact: Any
    at: datetime
    id: UUID


def years_of_care(events: int, seed: int) -> Iterator[Told]:
    """The first so many facts of a course that goes on until today. Its words and numbers depend on the seed
    alone, its ids do not.
    """
    began = datetime.now(UTC).replace(microsecond=0) - A_WEEK * (events / EVENTS_OF_A_VISIT + 1)
    return islice(_course(began, Random(seed)), events)


def _course(began: datetime, chance: Random) -> Iterator[Told]:
    for minutes, fact in enumerate(_beginning(began, chance)):
        yield _told(fact, began + timedelta(minutes=10 * minutes))
    version = 1
    for number in count(1):
        at = began + number * A_WEEK
        if number % 52 == 0:
            yield _told(TreatmentConsented(given=_GIVEN, signed_at=at), at)
        if number % 12 == 0:
            version += 1
            yield _told(_refined(version, chance), at)
        if number % 6 == 0:
            yield _told(_assessed("ad_hoc", chance), at)
        yield from _visit(at + timedelta(minutes=5), version, chance)


def _beginning(began: datetime, chance: Random) -> Iterator[Any]:
    complaint = Complaint(category="chronic_pain", words=chance.choice(_HEARD))
    yield EpisodeOpened(client=uuid4(), therapist=UUID(THERAPIST), complaint=complaint)
    yield TreatmentConsented(given=_GIVEN, signed_at=began, form="written")
    yield SharingConsented(
        partner=UUID(PARTNER),
        subject=uuid4(),
        purposes=("coordination of care",),
        kinds=("sessions", "assessments", "plans"),
        given=_GIVEN,
    )
    yield _assessed("baseline", chance)
    yield PlanSet(plan_version=1, **_plan(chance))


def _visit(at: datetime, plan_version: int, chance: Random) -> Iterator[Told]:
    """Nine clients in ten come; of those, two in three tell later how they were."""
    if chance.random() < 0.1:
        yield _told(SessionNotDelivered(planned_start=at, reason="no_show", by="client"), at)
        return
    techniques = _techniques(chance)
    check = _told(_checked(techniques), at)
    start = at + timedelta(minutes=5)
    yield check
    session = _told(_session(start, plan_version, check.id, techniques, chance), start)
    yield session
    if chance.random() < 2 / 3:
        yield _told(_response(session.id, chance), start + timedelta(days=1))


def _told(fact: Any, at: datetime) -> Told:
    return Told(fact, at, uuid4())


def _pain(chance: Random, **said: Any) -> Reading:
    value = chance.randint(0, 10)
    return Reading(measure=_PAIN, site=_BACK, unit="{score}", scale="NRS 0-10", value=value, **said)


def _techniques(chance: Random) -> tuple[Technique, ...]:
    return tuple(
        Technique(code=code, list="techniques/1", site=site, minutes=20, pressure=chance.randint(1, 4))
        for code, site in (("swedish", _BACK), ("trigger_point", _NECK))
    )


def _checked(techniques: tuple[Technique, ...]) -> SessionChecked:
    items = tuple(ScreeningItem(code=code, list="screening-items/1", answer="absent") for code in _ASKED)
    return SessionChecked(
        techniques=techniques,
        screening=Screening(list_version="clinic-intake/1", items=items),
        consent_confirmed=ConsentConfirmed(form="verbal"),
        verdict="go",
        reasons=(VerdictReason(rule="no-rule-stops-it", source="ours"),),
    )


def _session(
    start: datetime, plan_version: int, check: UUID, techniques: tuple[Technique, ...], chance: Random
) -> SessionDelivered:
    return SessionDelivered(
        visit=uuid4(),
        date_of_service=start.date(),
        start=start,
        end=start + timedelta(minutes=50),
        duration=50,
        place="clinic",
        plan_version=plan_version,
        check_id=check,
        readings=(_pain(chance, phase="before"), _pain(chance, phase="after")),
        techniques=techniques,
        position="prone",
        soap=SoapNote(
            subjective=chance.choice(_HEARD), objective=chance.choice(_SEEN), plan=chance.choice(_NEXT)
        ),
    )


def _response(session: UUID, chance: Random) -> ResponseNoted:
    return ResponseNoted(
        session=session,
        hours_after=24,
        source="client",
        readings=(_pain(chance, context="average_24h"),),
        client_words=chance.choice(_HEARD),
    )


def _assessed(stage: str, chance: Random) -> Assessed:
    scored = InstrumentResult(
        instrument=_OSWESTRY,
        reported_score=chance.randint(10, 60),
        scale=_OF_A_HUNDRED,
    )
    return Assessed(
        stage=stage,
        history=chance.choice(_HEARD),
        symptoms=chance.choice(_HEARD),
        readings=(_pain(chance, context="now"), _pain(chance, context="worst")),
        instruments=(scored,),
    )


def _refined(version: int, chance: Random) -> PlanRefined:
    return PlanRefined(
        plan_version=version,
        replaces=version - 1,
        reason="participation",
        rationale=chance.choice(_HEARD),
        changed_fields=("home_care",),
        **_plan(chance),
    )


def _plan(chance: Random) -> dict[str, Any]:
    goal = Goal(id="pain", measure=_PAIN, baseline=7, target=3, words="Sit for an hour without a break")
    return {
        "goals": (goal,),
        "techniques": _techniques(chance),
        "frequency": "weekly",
        "planned_sessions": 12,
        "minutes_per_session": 50,
        "reassess_after": Reassess(sessions=6),
        "home_care": (chance.choice(_NEXT),),
        "agreed_with_client": True,
    }
