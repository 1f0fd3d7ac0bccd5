"""May this event go to that partner now? Each answer with its reason, without a server."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.disclosure import Question
from episodes.disclosure.decision import consent_for, decision
from episodes.domain.episode import Episode
from episodes.domain.event import Redacted
from episodes.domain.vocabulary import evolve
from tests.support.episodes.care_facts import (
    BASELINE,
    CONSENTED,
    FLAGGED,
    OPENED,
    a_referral,
    a_retraction,
    shared,
)
from tests.support.episodes.scenario import NOW, PARTNER, SUBJECT, Past, march, past, recorded, replayed

ANOTHER = UUID(int=77)
SHARED = shared(kinds=("assessments", "referrals"), until=NOW + timedelta(days=1))
REFERRED = past(a_referral(subject=SUBJECT), march(12))
TAKEN_BACK = past(replace(a_retraction, event=BASELINE.id, of="assessed.1"), march(13))


def told(episode: Episode | None, about: Past, partner: UUID = PARTNER, now: datetime = NOW) -> str:
    """The reason; whether there is a consent must agree with it."""
    question = Question(event_id=about.id, partner=partner, subscription_id=UUID(int=9))
    consent, reason = consent_for(question, episode, now)
    assert (consent is not None) == (reason == "consented")
    assert consent is None or consent.id == SHARED.id
    return reason


def test_an_event_of_a_kind_consented_to_may_go_while_the_consent_lasts() -> None:
    episode = replayed((OPENED, SHARED, BASELINE))
    assert told(episode, BASELINE) == "consented"
    assert told(episode, BASELINE, ANOTHER) == "no_consent"
    assert told(episode, OPENED) == "no_consent"
    assert told(episode, BASELINE, now=NOW + timedelta(days=1)) == "no_consent"


def test_a_labelled_event_needs_its_label() -> None:
    labelled = replace(BASELINE, labels=("abuse",))
    assert told(replayed((OPENED, SHARED, labelled)), labelled) == "no_consent"


def test_what_goes_to_no_partner_or_to_another_one_is_not_shared() -> None:
    episode = replayed((OPENED, CONSENTED, SHARED, REFERRED))
    assert told(episode, CONSENTED) == "not_shared"
    assert told(episode, REFERRED) == "consented"
    assert told(episode, REFERRED, ANOTHER) == "not_shared"


def test_what_was_never_there_taken_back_or_erased_is_redacted() -> None:
    episode = replayed((OPENED, SHARED, BASELINE, TAKEN_BACK))
    assert told(episode, FLAGGED) == told(episode, BASELINE) == "redacted"
    erased = evolve(replayed((OPENED, SHARED)), replace(recorded(BASELINE, 3), fact=Redacted()))
    assert told(erased, BASELINE) == "redacted"
    assert told(None, BASELINE) == "unknown_event"


def test_a_clock_that_fell_behind_lets_no_consent_hold_again() -> None:
    """What was recorded last tells that it is later."""
    ended = replayed((OPENED, shared(kinds=("assessments",), until=NOW - timedelta(minutes=2)), BASELINE))
    assert told(ended, BASELINE, now=NOW - timedelta(hours=1)) == "no_consent"


def test_who_the_client_is_accompanies_an_allowed_answer_alone() -> None:
    episode = replayed((OPENED, SHARED))
    consent = next(episode.spans_of(type(SHARED.fact)))
    allowed = decision(UUID(int=5), consent, "consented", "no. 12")
    assert (allowed.decision_id, allowed.allowed, allowed.reason) == (UUID(int=5), True, "consented")
    assert (allowed.subject, allowed.your_client_ref) == (SUBJECT, "no. 12")
    refused = decision(UUID(int=6), None, "no_consent", "no. 12")
    assert (refused.decision_id, refused.allowed, refused.reason) == (UUID(int=6), False, "no_consent")
    assert (refused.subject, refused.your_client_ref) == (None, None)
