"""The rest of the corpus: transfers, referrals, holds, and amendments of earlier entries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from episodes.domain.breaches import Breach
from episodes.domain.care.amendments import (
    AmendmentRefused,
    EntryAddedTo,
    EntryAttested,
    EntryCorrected,
    EntryRetracted,
)
from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.closures import EpisodeReopened
from episodes.domain.care.holds import EpisodeHeld
from episodes.domain.care.red_flags import RedFlagCleared
from episodes.domain.care.referrals import PartnerReported, ReferralAnswered, ReferralMade, ReferralWithdrawn
from episodes.domain.care.rejudging import SessionJudged, SessionsRejudged
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.transfers import ResponsibilityTransferred, Responsible
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.values import Coded, Document, Licensed, Limits
from tests.support.episodes.corpus_ids import OTHER_STAFF, PARTNER, SUBJECT, THERAPIST, event_id

CLINIC = UUID("0c000000-0000-4000-8000-0000000000c1")
OTHER_CLINIC = UUID("0c000000-0000-4000-8000-0000000000c2")
_SURGEON = Licensed(role="surgeon", licence="MD 12", organisation="Harbor Spine")
_CAREFUL = Limits(pressure=2, words="light only")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}-07:00")


def rest(session: SessionDelivered) -> Mapping[str, Any]:
    """The facts after the thirteen of the first month. The amendments are of that session."""
    corrected = replace(
        session,
        duration=40,
        end=_at("2026-05-06T10:40:00"),
        breaches=(Breach(rule="check-said-stop", rules_version="1"),),
    )
    return {
        "treatment-consent-withdrawn.1": TreatmentConsentWithdrawn(
            consent_id=event_id(2),
            effective_from=_at("2026-06-01T09:00:00"),
            by="guardian",
            reason="moving away",
        ),
        "clearance-recorded.1": ClearanceRecorded(
            condition=Coded(code="spinal_fusion", list="conditions/1"),
            by=_SURGEON,
            valid_until=date(2026, 12, 31),
            limits=_CAREFUL,
            document=Document(reference="letter 3"),
        ),
        "red-flag-cleared.1": RedFlagCleared(
            flag_id=event_id(10),
            finding="accepted_with_limits",
            authority=_SURGEON,
            limits=_CAREFUL,
            document=Document(reference="letter 4"),
            valid_until=date(2026, 9, 30),
        ),
        "referral-made.1": ReferralMade(
            partner=PARTNER,
            subject=SUBJECT,
            priority="urgent",
            service="spinal assessment",
            reason="stiff above the fusion",
            kinds_sent=("assessments", "plans"),
            answer_due=date(2026, 6, 10),
            breaches=(Breach(rule="referral-needs-consent", rules_version="1"),),
        ),
        "referral-withdrawn.1": ReferralWithdrawn(
            referral_id=event_id(17), partner=PARTNER, reason="goes elsewhere now"
        ),
        "referral-answered.1": ReferralAnswered(
            referral_id=event_id(17),
            partner=PARTNER,
            accepted=True,
            code="ok",
            first_appointment=_at("2026-06-09T08:00:00"),
            their_reference="A-9",
            recorded_by=OTHER_STAFF,
        ),
        "partner-reported.1": PartnerReported(
            partner=PARTNER,
            referral=event_id(17),
            findings="less motion in the thorax",
            treatment_given="mobilised twice",
            restrictions="no heavy lifting",
            author=Licensed(role="chiropractor", licence="CH 4", organisation="Harbor Chiropractic"),
            observed_on=date(2026, 6, 9),
            document=Document(reference="report 5"),
        ),
        "responsibility-transferred.1": ResponsibilityTransferred(
            former=Responsible(therapist=THERAPIST, clinic=CLINIC),
            to=Responsible(therapist=OTHER_STAFF, clinic=OTHER_CLINIC),
            reason="nearer to home",
            accepted_by=OTHER_STAFF,
        ),
        "episode-held.1": EpisodeHeld(reason="away for work", expected_until=date(2026, 7, 1)),
        "episode-reopened.1": EpisodeReopened(reason="relapse", words="pain after moving house"),
        "entry-added-to.1": EntryAddedTo(
            event=event_id(7),
            of="session-not-delivered.1",
            added={"words": "told by telephone"},
            reason="left out",
        ),
        "entry-corrected.1": EntryCorrected(
            event=event_id(6),
            of="session-delivered.1",
            reason_code="wrong_time",
            reason="ended ten minutes earlier",
            replacement=corrected,
            happened_at=_at("2026-05-06T10:00:00"),
            happened_precision="minute",
            performed_by=OTHER_STAFF,
            requested_by="client",
        ),
        "entry-retracted.1": EntryRetracted(
            event=event_id(20),
            of="partner-reported.1",
            partner=PARTNER,
            reason="another client",
            requested_by="partner",
        ),
        "entry-attested.1": EntryAttested(events=(event_id(6),), by=OTHER_STAFF, statement="was in the room"),
        "sessions-rejudged.1": SessionsRejudged(
            because=event_id(14),
            rules_version="1",
            sessions=(
                SessionJudged(
                    session=event_id(6),
                    breaches=("no-treatment-consent", "check-said-stop"),
                    before=("check-said-stop", "open-red-flag"),
                ),
            ),
        ),
        "amendment-refused.1": AmendmentRefused(
            event=event_id(6), reason="it is accurate", statement="it hurt more", reviewed_by="privacy office"
        ),
    }
