"""A fact of every kind ever stored, as the golden files must load: a month at a clinic and what followed."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from episodes.domain.breaches import Breach
from episodes.domain.care.assessments import Assessed, Finding
from episodes.domain.care.closures import EpisodeClosed, GoalOutcome
from episodes.domain.care.openings import Complaint, Condition, EpisodeOpened, InboundReferral
from episodes.domain.care.plans import Goal, PlanRefined, PlanSet, Reassess
from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.responses import Covers, ResponseNoted
from episodes.domain.care.session_checks import ConsentConfirmed, SessionChecked, VerdictReason
from episodes.domain.care.sessions import (
    Advice,
    EndedEarly,
    Participant,
    SessionDelivered,
    SessionNotDelivered,
    SoapNote,
)
from episodes.domain.care.sharing_consents import SharingConsented, SharingWithdrawn
from episodes.domain.care.treatment_consents import Scope, TreatmentConsented
from episodes.domain.values import (
    Adverse,
    Answer,
    Coded,
    Document,
    Given,
    HealthUpdate,
    InstrumentResult,
    Limits,
    Reading,
    ReportedChange,
    Scale,
    Screening,
    ScreeningItem,
    Site,
    Technique,
)
from episodes.domain.vocabulary import STEPS
from tests.support.episodes.corpus_ids import (
    CLIENT,
    OTHER_STAFF,
    PARTNER,
    SUBJECT,
    THERAPIST,
    VISIT,
    event_id,
)
from tests.support.episodes.corpus_of_amendments import rest
from tests.support.episodes.drafts import draft

GOLDEN = Path(__file__).parent / "golden"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}-07:00")


_BACK = Site(code="lumbar_spine", list="body-sites/1", side="left")
_PAIN = Coded(code="pain", list="measures/1")
_SWEDISH = Technique(code="swedish", list="techniques/1", site=_BACK, minutes=40, pressure=3, cpt="97124")
_CUPPING = Technique(
    code="other", list="techniques/1", text="cupping", site=_BACK, minutes=10, deviation_reason="asked for"
)
_SCORED = Reading(
    measure=_PAIN, site=_BACK, context="worst", phase="before", value=6.5, unit="cm", scale="VAS 10 cm"
)
_BETTER = Reading(measure=_PAIN, site=_BACK, mode="active", phase="after", finding="better")
_CHANGED = Reading(
    measure=Coded(code="lumbar.flexion", list="measures/0"),
    reported_change=ReportedChange(least=5, most=10, unit="degrees", direction="up", since="baseline"),
)
_UNASKED = Reading(measure=Coded(code="sleep", list="measures/1"), absent_reason="asked-declined")
_SCREENING = Screening(
    list_version="1",
    items=(
        ScreeningItem(
            code="hypertension",
            list="screening-items/1",
            answer="present",
            sites=(_BACK,),
            judgement="proceed_with_limits",
            rationale="controlled",
        ),
    ),
)
_HEALTH = HealthUpdate(changes="new tablets", medications=("ibuprofen",), allergies=())
_OSWESTRY = InstrumentResult(
    instrument=Coded(code="oswestry", list="instruments/1"),
    instrument_version="2.1a",
    items=(Answer(item=1, answer=3), Answer(item=2, absent_reason="not-asked")),
    reported_score=44,
    scale=Scale(min=0, max=100, higher_is="worse"),
)
_GOALS = (
    Goal(
        id="g1",
        measure=_PAIN,
        site=_BACK,
        baseline=6.5,
        target=2,
        due=date(2026, 6, 30),
        words="sleep through",
    ),
)

_FIRST_MONTH: Mapping[str, Any] = {
    "episode-opened.1": EpisodeOpened(
        client=CLIENT,
        therapist=THERAPIST,
        complaint=Complaint(
            category="chronic_pain",
            words="aching since spring",
            sites=(_BACK,),
            onset="2026-03",
            mechanism="lifting",
            conditions=(Condition(code="low_back_pain", list="conditions/1", asserted_by="physician"),),
        ),
        referral=InboundReferral(
            source="allied",
            partner=PARTNER,
            their_reference="R-77",
            reason="soft tissue",
            asked_on=date(2026, 4, 20),
            wants_report=True,
        ),
        continues=UUID("0199a000-0000-7000-8000-000000000009"),
        age=47,
    ),
    "treatment-consented.1": TreatmentConsented(
        given=Given(by="guardian", relationship="daughter"),
        signed_at=_at("2026-05-04T09:00:00"),
        form="written",
        witness=OTHER_STAFF,
        expires_on=date(2027, 5, 4),
        scope=(Scope(of="sensitive_site", site=_BACK),),
        limits="no work prone",
        document=Document(reference="scan 12", sha256="ab" * 32),
    ),
    "assessed.1": Assessed(
        stage="new_baseline",
        new_baseline_reason="second_series",
        history="fused L4 to S1",
        history_absent_reason="masked",
        health_update=_HEALTH,
        symptoms="worse when sitting",
        readings=(_SCORED, _CHANGED, _UNASKED),
        instruments=(_OSWESTRY,),
        palpation=(Finding(site=_BACK, words="taut band"),),
        posture=(Finding(words="pelvis tilted"),),
        suspected_causes=(Coded(code="other", list="conditions/1", text="long drives"),),
        screening=_SCREENING,
        visit=VISIT,
    ),
    "plan-set.1": PlanSet(
        plan_version=1,
        goals=_GOALS,
        techniques=(_SWEDISH,),
        frequency="twice a week",
        planned_sessions=10,
        minutes_per_session=50,
        reassess_after=Reassess(sessions=5, days=30),
        home_care=("walk daily",),
        precautions=("light over the scar",),
        based_on=(event_id(3),),
        agreed_with_client=True,
    ),
    "session-checked.1": SessionChecked(
        visit=VISIT,
        techniques=(_SWEDISH,),
        health_update=_HEALTH,
        screening=_SCREENING,
        consent_confirmed=ConsentConfirmed(form="verbal", changes="not the neck"),
        limits=Limits(
            pressure=3,
            techniques=(Coded(code="swedish", list="techniques/1"),),
            sites=(_BACK,),
            words="stay light",
        ),
        verdict="go_with_limits",
        reasons=(VerdictReason(rule="judged-proceed-with-limits", source="EVENTS §5.1"),),
    ),
    "session-delivered.1": SessionDelivered(
        visit=VISIT,
        date_of_service=date(2026, 5, 6),
        start=_at("2026-05-06T10:00:00"),
        end=_at("2026-05-06T10:50:00"),
        duration=50,
        place="clinic",
        plan_version=1,
        check_id=event_id(5),
        health_update=_HEALTH,
        screening=_SCREENING,
        readings=(_SCORED, _BETTER),
        techniques=(_SWEDISH, _CUPPING),
        declined=("work on the feet",),
        ended_early=EndedEarly(by="client", reason="had to leave"),
        position="side-lying",
        chaperone=OTHER_STAFF,
        participants=(Participant(id=OTHER_STAFF, role="student"),),
        adverse=(
            Adverse(
                kind=Coded(code="soreness", list="adverse-kinds/1"),
                severity="mild",
                onset="that evening",
                resolved=True,
                action="cold pack",
            ),
        ),
        advice=(Advice(kind=Coded(code="posture", list="advice/1"), words="raise the screen"),),
        soap=SoapNote(subjective="tired", objective="guarded", assessment="improving", plan="go on"),
        breaches=(Breach(rule="open-red-flag", rules_version="1", explanation="seen by the physician"),),
    ),
    "session-not-delivered.1": SessionNotDelivered(
        planned_start=_at("2026-05-08T10:00:00"),
        visit=VISIT,
        reason="late_cancel",
        words="car broke down",
        by="client",
        check_id=event_id(5),
    ),
    "response-noted.1": ResponseNoted(
        session=event_id(6),
        hours_after=24.5,
        source="diary",
        covers=Covers(first=date(2026, 5, 6), last=date(2026, 5, 7)),
        readings=(_BETTER,),
        instruments=(_OSWESTRY,),
        soreness_hours=12,
        client_words="slept through",
        note="by telephone",
        adverse=(Adverse(kind=Coded(code="bruising", list="adverse-kinds/1")),),
    ),
    "plan-refined.1": PlanRefined(
        plan_version=2,
        replaces=1,
        goals=_GOALS,
        techniques=(_SWEDISH, _CUPPING),
        planned_sessions=8,
        reason="clinical",
        rationale="responds well",
        evidence=(event_id(8),),
        changed_fields=("techniques", "planned_sessions"),
    ),
    "red-flag-raised.1": RedFlagRaised(
        code=Coded(code="night_pain", list="red-flags/1"),
        source="response",
        source_event=event_id(8),
        sites=(_BACK,),
        urgency="emergency",
        action_advised="see a physician today",
        holds_care=True,
    ),
    "sharing-consented.1": SharingConsented(
        partner=PARTNER,
        subject=SUBJECT,
        purposes=("co-treatment",),
        kinds=("plans", "sessions"),
        labels_allowed=("mental_health",),
        effective_from=_at("2026-05-12T08:00:00"),
        until=_at("2026-12-31T00:00:00"),
        given=Given(by="client"),
        form="electronic",
        document=Document(reference="form 9"),
    ),
    "sharing-withdrawn.1": SharingWithdrawn(
        consent_id=event_id(11),
        partner=PARTNER,
        effective_from=_at("2026-05-20T12:00:00"),
        by="client",
        partner_asked_to_erase=True,
    ),
    "episode-closed.1": EpisodeClosed(
        reason="goal_achieved",
        reason_words="back at work",
        outcomes=(GoalOutcome(goal="g1", achieved="achieved", words="2 of 10"),),
        summary="ten sessions",
        discharge_plan="stretch",
        maximum_benefit_reached=False,
    ),
}

_BY_HAND: Mapping[str, Any] = {**_FIRST_MONTH, **rest(_FIRST_MONTH["session-delivered.1"])}
FACTS: Mapping[str, Any] = {
    **_BY_HAND,
    **{step.name: draft(step) for step in STEPS if step.name not in _BY_HAND},
}
"""An event whose example says all that can be stored of it needs no other instance."""
