"""The line of a list, from the folded episode alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from episodes.domain.event import Redacted
from episodes.domain.vocabulary import evolve
from episodes.episode_list.line import Criteria, EpisodeLine, episode_line
from tests.support.episodes.care_facts import (
    CLOSED,
    OPENED,
    READY,
    a_closure,
    a_reopening,
    a_transfer,
    an_episode,
)
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    COLLEAGUE,
    EPISODE,
    NETWORK,
    NOW,
    THERAPIST,
    march,
    past,
    recorded,
    replayed,
)

BEFORE = UUID(int=77)
REOPENED = past(a_reopening, march(21, 9))
RECORDED_AT = NOW - timedelta(minutes=1)


def test_a_line_says_whose_the_episode_is_and_how_it_stands() -> None:
    opened = past(replace(an_episode, continues=BEFORE), march(2, 9))
    assert episode_line(replayed((opened, *READY[1:]))) == EpisodeLine(
        network_id=NETWORK,
        episode_id=EPISODE,
        clinic_id=CLINIC,
        client_id=CLIENT,
        therapist_id=THERAPIST,
        status="open",
        version=4,
        opened_at=march(2, 9),
        closed_at=None,
        last_recorded_at=RECORDED_AT,
        continues=BEFORE,
    )


def test_a_closed_episode_says_since_when_the_last_time() -> None:
    closed = episode_line(replayed((*READY, CLOSED)))
    assert (closed.status, closed.closed_at) == ("closed", march(20, 17))
    reopened = episode_line(replayed((*READY, CLOSED, REOPENED)))
    assert (reopened.status, reopened.closed_at) == ("open", None)
    again = episode_line(replayed((*READY, CLOSED, REOPENED, past(a_closure, march(22, 9)))))
    assert (again.status, again.closed_at) == ("closed", march(22, 9))


def test_a_line_names_who_answers_for_the_episode_now() -> None:
    assert episode_line(replayed((OPENED, past(a_transfer(), march(3))))).therapist_id == COLLEAGUE


def test_of_an_erased_client_a_line_keeps_no_more_than_ids_and_when_it_was_recorded() -> None:
    erased = evolve(replayed(()), replace(recorded(OPENED, 1), fact=Redacted()))
    line = episode_line(erased)
    assert (line.therapist_id, line.opened_at, line.closed_at, line.continues) == (None, None, None, None)
    assert (line.version, line.last_recorded_at) == (1, RECORDED_AT)


def test_a_reader_is_given_what_it_asked_for_and_no_more() -> None:
    assert Criteria().given() == {}
    assert Criteria(client=CLIENT, status="open").given() == {"client": CLIENT, "status": "open"}
