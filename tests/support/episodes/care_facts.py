"""The facts that most tests begin with: a client with a sore back, seen in March 2026."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected, EntryRetracted
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.closures import EpisodeClosed, EpisodeReopened
from episodes.domain.care.holds import EpisodeHeld
from episodes.domain.care.openings import Complaint, EpisodeOpened
from episodes.domain.care.plans import PlanRefined, PlanSet
from episodes.domain.care.red_flags import RedFlagCleared, RedFlagRaised
from episodes.domain.care.referrals import ReferralAnswered, ReferralMade
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.sharing_consents import SharingConsented
from episodes.domain.care.transfers import ResponsibilityTransferred, Responsible
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.values import Coded, Given, Licensed, Screening, ScreeningItem, Site, Technique
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    COLLEAGUE,
    PARTNER,
    SUBJECT,
    THERAPIST,
    Past,
    march,
    past,
)

BACK = Site(code="lumbar_spine", list="body-sites/1", side="both")


def technique(code: str, **said: Any) -> Technique:
    return Technique(code=code, list="techniques/1", site=BACK, **said)


SWEDISH = technique("swedish", minutes=30)
DEEP_TISSUE = technique("deep_tissue", minutes=30)

an_episode = EpisodeOpened(client=CLIENT, therapist=THERAPIST, complaint=Complaint(category="chronic_pain"))
a_baseline = Assessed(stage="baseline", symptoms="sore in the morning")
a_plan = PlanSet(plan_version=1, techniques=(SWEDISH,), planned_sessions=6)
a_closure = EpisodeClosed(reason="plan_completed")
a_screening = Screening(list_version="1")
a_check = SessionChecked(screening=a_screening, verdict="go")
a_hold = EpisodeHeld(reason="away for work")
a_reopening = EpisodeReopened(reason="relapse")
a_retraction = EntryRetracted(reason="another client")
an_acceptance = ReferralAnswered(accepted=True)
a_physician = Licensed(role="physician", licence="MD 1", organisation="Harbor Clinic")
a_clearance = ClearanceRecorded(condition=Coded(code="spinal_fusion", list="conditions/1"), by=a_physician)
a_flag_clearing = RedFlagCleared(finding="ruled_out", authority=a_physician)


def a_consent(signed_at: datetime, expires_on: date | None = None) -> TreatmentConsented:
    return TreatmentConsented(given=Given(by="client"), signed_at=signed_at, expires_on=expires_on)


def a_session(start: datetime, **said: Any) -> SessionDelivered:
    """A session of an hour as planned, unless told otherwise."""
    usual: dict[str, Any] = {
        "date_of_service": start.date(),
        "start": start,
        "end": start + timedelta(hours=1),
        "duration": 60,
        "techniques": (SWEDISH,),
    }
    return SessionDelivered(**(usual | said))


def a_flag(holds_care: bool = True) -> RedFlagRaised:
    return RedFlagRaised(
        code=Coded(code="night_pain", list="red-flags/1"), source="client", holds_care=holds_care
    )


def a_refinement(reason: str = "preference", **said: Any) -> PlanRefined:
    usual: dict[str, Any] = {"techniques": (DEEP_TISSUE,), "planned_sessions": 6}
    return PlanRefined(reason=reason, rationale="asked for more pressure", **(usual | said))


def a_sharing_consent(**said: Any) -> SharingConsented:
    usual: dict[str, Any] = {"partner": PARTNER, "kinds": ("sessions",), "given": Given(by="client")}
    return SharingConsented(**(usual | said))


def a_correction_of(of: str, replacement: Any, **said: Any) -> EntryCorrected:
    usual: dict[str, Any] = {"reason_code": "wrong_value", "reason": "a slip of the pen"}
    return EntryCorrected(of=of, replacement=replacement, **(usual | said))


def an_addition_to(of: str, **added: Any) -> EntryAddedTo:
    return EntryAddedTo(of=of, added=added)


def a_referral(**said: Any) -> ReferralMade:
    return ReferralMade(partner=PARTNER, **said)


def a_transfer(therapist: UUID = COLLEAGUE, clinic: UUID = CLINIC) -> ResponsibilityTransferred:
    return ResponsibilityTransferred(
        to=Responsible(therapist=therapist, clinic=clinic), reason="nearer to home"
    )


def judged(
    judgement: str | None, code: str = "fever", answer: str = "present", **said: Any
) -> SessionChecked:
    """A check whose screening has one item, with the therapist's judgement."""
    item = ScreeningItem(
        code=code, list="screening-items/1", answer=answer, judgement=judgement, sites=(BACK,), **said
    )
    return SessionChecked(screening=Screening(list_version="1", items=(item,)))


OPENED = past(an_episode, march(2, 9))
CONSENTED = past(a_consent(march(2, 9, 30)), march(2, 9, 30))
BASELINE = past(a_baseline, march(2, 10))
PLANNED = past(a_plan, march(2, 11))
CHECKED = past(a_check, march(3, 9, 55))
FLAGGED = past(a_flag(), march(2, 12))
CLOSED = past(a_closure, march(20, 17))
READY = (OPENED, CONSENTED, BASELINE, PLANNED)
"""Everything that a session needs except its check."""


def treated(day: int = 3, **said: Any) -> Past:
    """A session at ten o'clock on that day of March."""
    start = march(day, 10)
    return past(a_session(start, check_id=CHECKED.id, **said), start)


def shared(**said: Any) -> Past:
    consent = a_sharing_consent(**said)
    begins = consent.effective_from or march(4)
    return past(replace(consent, subject=SUBJECT, effective_from=begins), march(4))
