"""Consent to share with a partner, and its withdrawal."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.disclosure import Question
from episodes.disclosure.decision import consent_for
from episodes.domain.births import Born
from episodes.domain.care.sharing_consents import SharingConsented, SharingWithdrawn, live_consent
from episodes.domain.decision import Known, KnownPartner
from episodes.domain.time import Interval
from episodes.domain.values import Given
from tests.support.episodes.care_facts import CLOSED, OPENED, a_sharing_consent, shared, treated
from tests.support.episodes.scenario import NOW, PARTNER, SUBJECT, Past, given, march, moment, past

SHARED = shared()


def may_send(
    *history: Past, at: datetime, kind: str = "sessions", labels: tuple[str, ...] = (), to: UUID = PARTNER
) -> bool:
    return live_consent(given(OPENED, *history).episode, to, kind, labels, at) is not None


def withdrawn(at: datetime, consent: Past = SHARED) -> Past:
    return past(SharingWithdrawn(consent_id=consent.id, partner=PARTNER, effective_from=at), at)


def test_a_consent_keeps_the_partners_own_id_of_the_client_and_when_it_begins() -> None:
    given(OPENED).when(a_sharing_consent(), march(4)).then(
        a_sharing_consent(subject=SUBJECT, effective_from=march(4))
    )


def test_a_consent_may_begin_later() -> None:
    later = a_sharing_consent(effective_from=march(20))
    given(OPENED).when(later, march(4)).then(replace(later, subject=SUBJECT))


def test_a_consent_that_ends_before_it_begins_is_refused() -> None:
    for until in (march(3), march(4)):
        outcome = given(OPENED).when(a_sharing_consent(until=until), march(4))
        outcome.then_refused("consent-ends-before-it-begins", "/until")


def test_nothing_may_be_sent_without_a_consent() -> None:
    assert not may_send(at=NOW)


def test_sending_begins_and_ends_with_the_consent_to_the_second() -> None:
    bounded = shared(effective_from=march(5), until=march(6))
    second = timedelta(seconds=1)
    allowed = [may_send(bounded, at=at) for at in (march(5) - second, march(5), march(6) - second, march(6))]
    assert allowed == [False, True, True, False]


def test_only_consented_kinds_go_to_that_partner() -> None:
    assert may_send(SHARED, at=NOW)
    assert not may_send(SHARED, at=NOW, kind="plans")
    assert not may_send(SHARED, at=NOW, to=UUID(int=77))


def test_a_labelled_fact_needs_its_label_consented_to() -> None:
    assert not may_send(SHARED, at=NOW, labels=("abuse",))
    wider = shared(labels_allowed=("abuse", "mental_health"))
    assert may_send(wider, at=NOW, labels=("abuse",))
    assert not may_send(wider, at=NOW, labels=("abuse", "sexual_health"))


def test_a_withdrawal_takes_effect_when_recorded() -> None:
    outcome = given(OPENED, SHARED).when(SharingWithdrawn(by="client"), march(10), about=SHARED.id)
    outcome.then(SharingWithdrawn(by="client", consent_id=SHARED.id, partner=PARTNER, effective_from=NOW))


def test_a_withdrawal_never_takes_effect_before_it_is_recorded() -> None:
    backdated = SharingWithdrawn(effective_from=march(10))
    recorded = given(OPENED, SHARED).when(backdated, about=SHARED.id).then_recorded()
    assert recorded.effective_from == NOW


def test_a_withdrawal_may_take_effect_later() -> None:
    later = NOW + timedelta(days=3)
    recorded = given(OPENED, SHARED).when(SharingWithdrawn(effective_from=later), about=SHARED.id)
    assert recorded.then_recorded().effective_from == later


def test_nothing_is_sent_from_the_moment_a_withdrawal_takes_effect() -> None:
    ended = withdrawn(march(10, 12))
    assert may_send(SHARED, ended, at=march(10, 11, 59))
    assert not may_send(SHARED, ended, at=march(10, 12))


def test_a_withdrawal_ends_one_consent_only() -> None:
    other = shared(kinds=("plans",))
    assert may_send(SHARED, other, withdrawn(march(10)), at=NOW, kind="plans")


def test_a_withdrawal_in_time_keeps_the_earlier_end_of_a_consent() -> None:
    bounded = shared(until=march(6))
    assert not may_send(bounded, withdrawn(march(10), bounded), at=march(7))


def test_a_clock_that_went_back_does_not_bring_a_withdrawn_consent_back() -> None:
    session = treated(5)
    episode = given(OPENED, SHARED, session, withdrawn(NOW - timedelta(minutes=2))).episode
    question = Question(event_id=session.id, partner=PARTNER, subscription_id=UUID(int=1))
    assert consent_for(question, episode, now=march(20)) == (None, "no_consent")


@pytest.mark.parametrize("strange", [UUID(int=999), OPENED.id, None])
def test_a_consent_that_is_not_there_cannot_be_withdrawn(strange: UUID | None) -> None:
    given(OPENED, SHARED).when(SharingWithdrawn(), about=strange).then_refused("unknown-consent")


def test_a_withdrawn_consent_cannot_be_withdrawn_again() -> None:
    history = given(OPENED, SHARED, withdrawn(march(10)))
    history.when(SharingWithdrawn(), about=SHARED.id).then_refused("consent-already-withdrawn")


def test_a_client_may_bring_a_coming_withdrawal_forward() -> None:
    coming = withdrawn(NOW + timedelta(days=30))
    history = given(OPENED, SHARED, coming)
    sooner = history.when(SharingWithdrawn(), about=SHARED.id).then_recorded()
    assert sooner.effective_from == NOW
    assert not may_send(SHARED, coming, past(sooner, NOW), at=NOW)


def test_a_coming_withdrawal_cannot_be_put_off() -> None:
    history = given(OPENED, SHARED, withdrawn(NOW + timedelta(days=3)))
    for days in (3, 4):
        put_off = SharingWithdrawn(effective_from=NOW + timedelta(days=days))
        history.when(put_off, about=SHARED.id).then_refused("consent-already-withdrawn")


@pytest.mark.parametrize("history", [(), (CLOSED,)], ids=["open", "closed"])
def test_withdrawal_is_accepted_in_every_status(history: tuple[Past, ...]) -> None:
    given(OPENED, SHARED, *history).when(SharingWithdrawn(), about=SHARED.id).then_recorded()


def test_a_consent_that_has_run_out_may_still_be_withdrawn() -> None:
    expired = shared(until=march(6))
    given(OPENED, expired).when(SharingWithdrawn(), about=expired.id).then_recorded()


def test_who_withdrew_is_not_guessed() -> None:
    assert SharingWithdrawn().by is None


def test_a_consent_holds_to_the_second_from_when_it_said_until_when_it_said() -> None:
    (held,) = given(OPENED, shared(effective_from=march(5), until=march(9))).episode.spans_of(
        SharingConsented
    )
    assert held.interval == Interval(moment(march(5)), moment(march(9)))


def test_a_consent_keeps_who_the_partner_was_by_the_directory() -> None:
    known = Known(partner=KnownPartner("chiropractor", "Harbor"))
    kept = given(OPENED).when(a_sharing_consent(), known=known).then_recorded()
    assert (kept.partner_kind, kept.partner_organisation) == ("chiropractor", "Harbor")
    unknown = given(OPENED).when(a_sharing_consent()).then_recorded()
    assert (unknown.partner_kind, unknown.partner_organisation) == (None, None)


@pytest.mark.parametrize(
    ("born", "until", "of_age_on"),
    [
        ("2008-03-20", None, date(2026, 3, 20)),
        ("2008-03-20", march(25), date(2026, 3, 20)),
        ("2008-03-20", march(19), None),
        ("2008-03-04", None, None),
        ("2008", None, date(2026, 12, 31)),
        ("1980-03-20", None, None),
    ],
)
def test_a_guardians_consent_ends_when_the_client_comes_of_age(
    born: str, until: datetime | None, of_age_on: date | None
) -> None:
    by_a_guardian = replace(a_sharing_consent(until=until), given=Given(by="guardian"))
    known = Known(born=Born.of(born))
    told = given(OPENED).when(by_a_guardian, march(4), known=known).then_recorded()
    assert told.of_age_on == of_age_on
    for by in ("client", "representative"):
        other = replace(by_a_guardian, given=Given(by=by))
        assert given(OPENED).when(other, march(4), known=known).then_recorded().of_age_on is None


def test_from_that_day_on_nothing_may_be_sent() -> None:
    consent = past(replace(SHARED.fact, given=Given(by="guardian"), of_age_on=date(2026, 3, 20)), march(4))
    second = timedelta(seconds=1)
    assert [may_send(consent, at=at) for at in (march(20) - second, march(20))] == [True, False]


def test_an_age_told_at_the_opening_counts_where_no_birth_date_is_known() -> None:
    opened = past(replace(OPENED.fact, age=17), march(2))
    by_a_guardian = replace(a_sharing_consent(), given=Given(by="guardian"))
    assert given(opened).when(by_a_guardian, march(4)).then_recorded().of_age_on == date(2027, 3, 2)
