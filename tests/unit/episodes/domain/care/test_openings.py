"""Opening an episode."""

from episodes.domain.care.openings import Responsibility
from episodes.domain.status import status
from tests.support.episodes.care_facts import OPENED, an_episode
from tests.support.episodes.scenario import CLIENT, CLINIC, THERAPIST, given, march


def test_a_client_with_a_complaint_opens_an_episode() -> None:
    given().when(an_episode, march(2, 9)).then(an_episode)


def test_an_opened_episode_is_open_and_knows_client_and_clinic() -> None:
    episode = given(OPENED).episode
    assert (status(episode), episode.client, episode.clinic, episode.version) == ("open", CLIENT, CLINIC, 1)


def test_the_therapist_is_responsible_from_the_opening_on_and_not_before() -> None:
    episode = given(OPENED).episode
    answering = episode.in_force(Responsibility, given(OPENED).episode.entries[0].metadata.when)
    assert answering is not None
    assert answering.fact.therapist == THERAPIST
    span = next(episode.spans_of(Responsibility))
    assert span.interval.since.at == march(2, 9)
    assert span.interval.until is None
