"""Referring to a partner, its answer, and what it reports."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from episodes.domain.care.referrals import (
    PartnerReported,
    ReferralAnswered,
    ReferralWithdrawn,
    involved,
    open_referral,
    subject_for,
)
from tests.support.episodes.care_facts import (
    OPENED,
    a_correction_of,
    a_physician,
    a_referral,
    an_acceptance,
    shared,
)
from tests.support.episodes.scenario import NOW, PARTNER, SUBJECT, given, march, past

SHARED = shared(kinds=("referrals", "assessments"))
REFERRED = past(a_referral(subject=SUBJECT), march(12))
DECLINED = past(ReferralAnswered(referral_id=REFERRED.id, partner=PARTNER, accepted=False), march(13))
WITHDRAWN = past(ReferralWithdrawn(referral_id=REFERRED.id, partner=PARTNER, reason="no need"), march(13))
A_WITHDRAWAL = ReferralWithdrawn(reason="no need")
A_REPORT = PartnerReported(author=a_physician, findings="less motion")
ANOTHER = UUID(int=77)


def test_a_referral_needs_a_consent_that_names_referrals() -> None:
    given(OPENED).when(a_referral(), march(12)).then_refused("referral-needs-consent", "/partner")
    given(OPENED, shared()).when(a_referral(), march(12)).then_refused("referral-needs-consent", "/partner")
    given(OPENED, SHARED).when(a_referral(), march(12)).then(a_referral(subject=SUBJECT))


def test_a_referral_needs_consent_to_each_kind_that_goes_along() -> None:
    asked = given(OPENED, SHARED).when(a_referral(kinds_sent=("assessments", "plans")), march(12))
    asked.then_refused("referral-needs-consent", "/kinds_sent/1")


def test_consent_is_judged_on_the_day_of_the_referral() -> None:
    given(OPENED, SHARED).when(a_referral(), march(3)).then_refused("referral-needs-consent", "/partner")


def test_an_imported_referral_without_consent_is_a_breach() -> None:
    given(OPENED).when(a_referral(kinds_sent=("plans",)), imported=True).then_breaches(
        "referral-needs-consent"
    )


def test_a_referral_is_answered_once_and_names_its_partner() -> None:
    answered = given(OPENED, SHARED, REFERRED).when(an_acceptance, about=REFERRED.id)
    answered.then(replace(an_acceptance, referral_id=REFERRED.id, partner=PARTNER))
    again = past(answered.then_recorded(), march(13))
    given(OPENED, SHARED, REFERRED, again).when(an_acceptance, about=REFERRED.id).then_refused(
        "referral-already-answered"
    )


def test_an_answer_that_was_wrong_is_corrected() -> None:
    history = (OPENED, SHARED, REFERRED, DECLINED)
    correction = a_correction_of("referral-answered.1", an_acceptance)
    corrected = given(*history).when(correction, about=DECLINED.id).then_recorded()
    assert corrected.replacement == replace(an_acceptance, referral_id=REFERRED.id, partner=PARTNER)
    assert open_referral(given(*history).episode, PARTNER) is None
    assert open_referral(given(*history, past(corrected, march(14))).episode, PARTNER) is not None


def test_what_is_declined_or_withdrawn_is_over() -> None:
    for ended in (DECLINED, WITHDRAWN):
        for draft in (an_acceptance, A_WITHDRAWAL):
            given(OPENED, SHARED, REFERRED, ended).when(draft, about=REFERRED.id).then_refused(
                "referral-not-open"
            )


def test_a_withdrawal_names_its_referral_and_whose_it_was() -> None:
    asked = given(OPENED, SHARED, REFERRED).when(A_WITHDRAWAL, about=REFERRED.id)
    asked.then(replace(A_WITHDRAWAL, referral_id=REFERRED.id, partner=PARTNER))


def test_a_referral_that_is_not_there_or_another_partners_is_unknown() -> None:
    given(OPENED, SHARED).when(an_acceptance, about=REFERRED.id).then_refused("unknown-referral")
    asked = given(OPENED, SHARED, REFERRED).when(an_acceptance, about=REFERRED.id, partner=ANOTHER)
    asked.then_refused("unknown-referral")


def test_a_partner_is_involved_by_a_live_consent_or_an_open_referral() -> None:
    assert not involved(given(OPENED).episode, PARTNER, NOW)
    assert involved(given(OPENED, SHARED).episode, PARTNER, NOW)
    assert involved(given(OPENED, REFERRED).episode, PARTNER, NOW)
    assert not involved(given(OPENED, REFERRED).episode, ANOTHER, NOW)
    for ended in (DECLINED, WITHDRAWN):
        assert not involved(given(OPENED, REFERRED, ended).episode, PARTNER, NOW)
    past_end = shared(kinds=("referrals",), until=NOW - timedelta(days=1))
    assert not involved(given(OPENED, past_end).episode, PARTNER, NOW)
    assert subject_for(given(OPENED, REFERRED).episode, PARTNER) == SUBJECT
    assert subject_for(given(OPENED).episode, PARTNER) is None
    assert subject_for(given(OPENED, REFERRED).episode, ANOTHER) is None


def test_a_partner_reports_for_itself_and_staff_say_whose_report_it_is() -> None:
    given(OPENED).when(A_REPORT, partner=PARTNER).then(replace(A_REPORT, partner=PARTNER))
    given(OPENED).when(A_REPORT).then_refused("report-needs-its-partner", "/partner")
    theirs = replace(A_REPORT, partner=ANOTHER)
    given(OPENED).when(theirs, partner=PARTNER).then_refused("report-of-another-partner", "/partner")
    given(OPENED).when(theirs).then(theirs)


def test_a_report_on_a_referral_is_by_the_partner_it_was_made_to() -> None:
    on = replace(A_REPORT, referral=REFERRED.id)
    given(OPENED, REFERRED).when(on, partner=PARTNER).then(replace(on, partner=PARTNER))
    given(OPENED, REFERRED).when(on, partner=ANOTHER).then_refused("unknown-event", "/referral")
