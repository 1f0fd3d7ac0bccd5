"""Closing an episode, and what may be recorded afterwards."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from episodes.domain.care.amendments import AmendmentRefused, EntryAttested
from episodes.domain.care.referrals import PartnerReported, ReferralWithdrawn
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import SessionNotDelivered
from episodes.domain.care.sharing_consents import SharingWithdrawn
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.status import status
from episodes.domain.step import ALWAYS, NEVER
from episodes.domain.vocabulary import BY_NAME
from tests.support.episodes.care_facts import (
    CHECKED,
    CLOSED,
    CONSENTED,
    FLAGGED,
    READY,
    a_baseline,
    a_check,
    a_clearance,
    a_closure,
    a_consent,
    a_correction_of,
    a_flag,
    a_flag_clearing,
    a_hold,
    a_physician,
    a_plan,
    a_referral,
    a_refinement,
    a_reopening,
    a_retraction,
    a_session,
    a_sharing_consent,
    a_transfer,
    an_acceptance,
    an_addition_to,
    an_episode,
    shared,
    treated,
)
from tests.support.episodes.drafts import draft
from tests.support.episodes.scenario import COLLEAGUE, PARTNER, Outcome, Past, given, march, moment, past
from tests.support.vocabulary_page import EVENTS

BEFORE, AT, AFTER = march(19, 10), march(20, 17), march(21, 10)
SHARED = shared(kinds=("sessions", "referrals"))
REFERRED = past(a_referral(), march(12))
HISTORY = (*READY, FLAGGED, CHECKED, treated(), SHARED, REFERRED, CLOSED)


def drafts(at: datetime) -> dict[str, Any]:
    """What a clinic might record at the time `at`, in this history; of any other kind its example will do."""
    return {
        "episode-opened.1": an_episode,
        "treatment-consented.1": a_consent(at),
        "assessed.1": a_baseline,
        "plan-set.1": a_plan,
        "plan-refined.1": a_refinement(),
        "session-checked.1": a_check,
        "session-delivered.1": a_session(at),
        "session-not-delivered.1": SessionNotDelivered(planned_start=at, reason="no_show"),
        "response-noted.1": ResponseNoted(session=treated().id),
        "red-flag-raised.1": a_flag(),
        "sharing-consented.1": a_sharing_consent(),
        "sharing-withdrawn.1": SharingWithdrawn(),
        "episode-closed.1": a_closure,
        "treatment-consent-withdrawn.1": TreatmentConsentWithdrawn(),
        "clearance-recorded.1": a_clearance,
        "red-flag-cleared.1": a_flag_clearing,
        "referral-made.1": a_referral(),
        "referral-withdrawn.1": ReferralWithdrawn(reason="goes elsewhere"),
        "referral-answered.1": an_acceptance,
        "partner-reported.1": PartnerReported(partner=PARTNER, author=a_physician),
        "responsibility-transferred.1": a_transfer(),
        "episode-held.1": a_hold,
        "episode-reopened.1": a_reopening,
        "entry-added-to.1": an_addition_to("session-delivered.1", position="prone"),
        "entry-corrected.1": a_correction_of("session-delivered.1", a_session(march(3, 10), duration=50)),
        "entry-retracted.1": a_retraction,
        "entry-attested.1": EntryAttested(events=(treated().id,), by=COLLEAGUE),
        "amendment-refused.1": AmendmentRefused(reason="it is accurate"),
    }


ABOUT = {
    "sharing-withdrawn.1": SHARED.id,
    "treatment-consent-withdrawn.1": CONSENTED.id,
    "red-flag-cleared.1": FLAGGED.id,
    "referral-withdrawn.1": REFERRED.id,
    "referral-answered.1": REFERRED.id,
}
"""What the path names; amendments name the session."""


def asked(name: str, at: datetime, *history: Past) -> Outcome:
    what = drafts(at).get(name) or draft(BY_NAME[name])
    return given(*history).when(what, at, about=ABOUT.get(name, treated().id))


def accepted(name: str, outcome: Outcome) -> None:
    """An event that no draft is given of here may break rules of its own, but not that of closing."""
    if name in drafts(BEFORE):
        outcome.then_recorded()
    else:
        assert outcome.refusal is None or outcome.refusal.rule != "episode-closed"


def test_closing_says_why() -> None:
    given(*READY).when(a_closure).then(a_closure)
    assert status(given(*READY, CLOSED).episode) == "closed"


def test_a_closing_does_not_lie_before_a_session_in_either_order() -> None:
    session = a_session(march(20, 17, 30))
    given(*READY, CLOSED).when(session).then_refused("episode-closed")
    done = given(*READY, past(session, march(20, 17, 30)))
    done.when(a_closure, march(20, 17)).then_refused("contradicting-times", "/occurred_at")
    done.when(a_closure, march(20, 17, 30)).then_recorded()
    done.when(a_closure, date(2026, 3, 20)).then_recorded()
    reopened = past(a_reopening, march(25))
    after = past(a_session(march(26, 10)), march(26, 10))
    again = given(*READY, CLOSED, reopened, after)
    again.when(a_closure, march(26, 9)).then_refused("contradicting-times", "/occurred_at")


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.whole_entries
def test_after_closing_what_happened_before_is_accepted_unless_it_is_a_desk_decision(name: str) -> None:
    for at in (BEFORE, AT):
        outcome = asked(name, at, *HISTORY)
        if EVENTS[name].after_closing == NEVER:
            outcome.then_refused("episode-closed")
        elif name == "episode-reopened.1" and at == BEFORE:
            outcome.then_refused("ends-before-it-begins", "/occurred_at")
        else:
            accepted(name, outcome)


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.whole_entries
def test_after_closing_what_happens_later_is_accepted_only_from_clients_and_their_bodies(name: str) -> None:
    outcome = asked(name, AFTER, *HISTORY)
    if EVENTS[name].after_closing == ALWAYS:
        accepted(name, outcome)
    else:
        outcome.then_refused("episode-closed")


def test_a_session_of_the_closing_day_known_to_the_day_was_before_it() -> None:
    of_the_day = replace(a_session(AT), start=None, end=None)
    given(*HISTORY).when(of_the_day).then_recorded()


@pytest.mark.whole_entries
def test_an_open_episode_takes_all_of_them() -> None:
    for name in drafts(BEFORE):
        if name not in ("plan-set.1", "episode-opened.1", "episode-reopened.1"):
            asked(name, BEFORE, *HISTORY[:-1]).then_recorded()


def test_a_reopened_episode_is_open_again_and_takes_desk_decisions() -> None:
    reopened = past(a_reopening, march(25, 9))
    episode = given(*HISTORY, reopened).episode
    assert status(episode) == "open"
    at = [status(episode, moment(day)) for day in (march(19), march(22), march(25, 9), march(26))]
    assert at == ["open", "closed", "open", "open"]
    given(*HISTORY, reopened).when(a_hold, march(26)).then(a_hold)


def test_only_a_closed_episode_is_reopened_and_not_before_it_was_closed() -> None:
    given(*READY).when(a_reopening).then_refused("not-closed")
    given(*READY, CLOSED).when(a_reopening, march(19)).then_refused("ends-before-it-begins", "/occurred_at")


def test_after_three_months_another_episode_continues_it() -> None:
    later = datetime.fromisoformat("2026-06-20T17:00:00-07:00")
    given(*READY, CLOSED).when(a_reopening, later, now=later).then(a_reopening)
    day_after = later.replace(day=21)
    refused = given(*READY, CLOSED).when(a_reopening, day_after, now=day_after)
    refused.then_refused("closed-more-than-three-months-before")
    imported = given(*READY, CLOSED).when(a_reopening, day_after, now=day_after, imported=True)
    imported.then_breaches("closed-more-than-three-months-before")


def test_an_episode_is_not_closed_before_it_was_opened() -> None:
    given(*READY).when(a_closure, march(1)).then_refused("ends-before-it-begins", "/occurred_at")
