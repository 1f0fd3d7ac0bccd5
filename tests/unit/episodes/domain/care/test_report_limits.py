"""How much a partner itself may report of one episode; nobody else is limited, and nothing else is."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from episodes.domain.care import referrals
from episodes.domain.care.referrals import MOST_REPORTS, MOST_WORDS_OF_REPORTS, PartnerReported
from episodes.domain.episode import Episode
from episodes.domain.event import Actor
from episodes.domain.vocabulary import evolve_all
from tests.support.episodes.care_facts import OPENED, a_physician, a_retraction, a_session
from tests.support.episodes.poison import poisoned
from tests.support.episodes.scenario import NOW, PARTNER, Given, march, past, recorded, replayed

ANOTHER = UUID(int=77)
A_REPORT = PartnerReported(author=a_physician, findings="less motion", partner=PARTNER)
STAFF, THE_PARTNER = Actor(id=ANOTHER, role="therapist"), Actor(id=ANOTHER, role="partner")


def an_episode(*facts: Any, sent_by: Actor = THE_PARTNER) -> Given:
    return Given(_evolved(replayed([OPENED]), facts, sent_by))


def _evolved(episode: Episode, facts: Iterable[Any], sent_by: Actor) -> Episode:
    entries = []
    for version, fact in enumerate(facts, episode.version + 1):
        one = recorded(past(fact, march(5)), version)
        entries.append(
            replace(one, metadata=replace(one.metadata, event_id=UUID(int=version), actor=sent_by))
        )
    return evolve_all(episode, [poisoned(entry) for entry in entries])


def with_words(count: int) -> PartnerReported:
    """A report with so many characters, over all its texts."""
    third = count // 3
    return replace(
        A_REPORT, findings="f" * third, treatment_given="t" * third, restrictions="r" * (count - 2 * third)
    )


def refused(given: Given, draft: Any = A_REPORT, partner: UUID | None = PARTNER) -> bool:
    outcome = given.when(draft, partner=partner)
    if outcome.refusal is None:
        return False
    outcome.then_refused("too-many-reports")
    return True


@pytest.mark.parametrize(("sent", "too_many"), [(MOST_REPORTS - 1, False), (MOST_REPORTS, True)])
def test_a_partner_sends_so_many_reports(sent: int, too_many: bool) -> None:
    assert refused(an_episode(*[A_REPORT] * sent)) == too_many


@pytest.mark.parametrize(("more", "too_many"), [(0, False), (1, True)])
def test_a_partner_sends_so_many_words(more: int, too_many: bool) -> None:
    before = [with_words(24_000)] * 16
    last = with_words(MOST_WORDS_OF_REPORTS - 16 * 24_000 + more)
    assert refused(an_episode(*before), last) == too_many


def test_what_others_sent_does_not_count_and_staff_may_still_record_a_report() -> None:
    assert not refused(an_episode(*[replace(A_REPORT, partner=ANOTHER)] * MOST_REPORTS))
    assert not refused(an_episode(*[A_REPORT] * MOST_REPORTS, sent_by=STAFF))
    full = an_episode(*[A_REPORT] * MOST_REPORTS)
    assert not refused(full, partner=None)
    assert not refused(full, a_session(NOW.replace(day=3)), None)


def test_a_retracted_report_makes_room() -> None:
    full = an_episode(*[A_REPORT] * MOST_REPORTS).episode
    retraction = replace(a_retraction, event=UUID(int=2), of=referrals.REPORTING.name)
    assert not refused(Given(_evolved(full, [retraction], STAFF)))


def test_the_limit_is_the_rule_that_is_told_last() -> None:
    full = an_episode(*[A_REPORT] * MOST_REPORTS)
    full.when(replace(A_REPORT, partner=ANOTHER), partner=PARTNER).then_refused(
        "report-of-another-partner", "/partner"
    )
