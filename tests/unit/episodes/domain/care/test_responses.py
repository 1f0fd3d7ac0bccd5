"""What the client felt afterwards."""

from datetime import date
from uuid import UUID

from episodes.domain.care.responses import Covers, ResponseNoted
from tests.support.episodes.care_facts import BASELINE, CHECKED, READY, treated
from tests.support.episodes.scenario import given

SESSION = treated()
TREATED = given(*READY, CHECKED, SESSION)


def test_a_response_to_a_session_is_recorded() -> None:
    response = ResponseNoted(session=SESSION.id, source="client", client_words="slept well")
    TREATED.when(response).then(response)


def test_a_diary_between_sessions_names_none() -> None:
    diary = ResponseNoted(source="diary", covers=Covers(first=date(2026, 3, 3), last=date(2026, 3, 9)))
    TREATED.when(diary).then(diary)


def test_nobody_is_said_to_have_told_it_unless_somebody_was() -> None:
    assert ResponseNoted(session=SESSION.id).source is None


def test_a_response_to_no_session_of_this_episode_is_refused() -> None:
    for strange in (UUID(int=999), BASELINE.id):
        TREATED.when(ResponseNoted(session=strange)).then_refused("unknown-event", "/session")


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    backwards = Covers(first=date(2026, 3, 9), last=date(2026, 3, 3))
    outcome = TREATED.when(ResponseNoted(session=SESSION.id, covers=backwards))
    outcome.then_refused("period-ends-before-it-begins", "/covers/last")


def test_a_diary_may_cover_a_single_day() -> None:
    diary = ResponseNoted(covers=Covers(first=date(2026, 3, 3), last=date(2026, 3, 3)))
    TREATED.when(diary).then(diary)
