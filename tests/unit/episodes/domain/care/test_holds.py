"""Care that pauses by agreement, and goes on."""

from datetime import timedelta

from episodes.domain.care.holds import EpisodeResumed
from episodes.domain.status import status
from episodes.domain.time import When
from tests.support.episodes.care_facts import CHECKED, CLOSED, READY, a_check, a_hold, a_session
from tests.support.episodes.scenario import ZONE, Past, given, march, moment, past

a_resumption = EpisodeResumed()
HELD = past(a_hold, march(5))
RESUMED = past(a_resumption, march(9))


def test_an_episode_is_on_hold_until_it_is_resumed() -> None:
    episode = given(*READY, HELD, RESUMED).episode
    at = [status(episode, moment(march(day))) for day in (4, 5, 8, 9)]
    assert (status(episode), at) == ("open", ["open", "on_hold", "on_hold", "open"])
    assert status(episode, moment(march(9) - timedelta(seconds=1))) == "on_hold"
    assert status(given(*READY, HELD).episode) == "on_hold"


def test_a_hold_is_not_held_twice_and_only_a_hold_is_resumed() -> None:
    given(*READY, HELD).when(a_hold).then_refused("already-on-hold")
    given(*READY, HELD, RESUMED).when(a_hold).then(a_hold)
    given(*READY).when(a_resumption).then_refused("not-on-hold")
    given(*READY, HELD).when(a_resumption, march(4)).then_refused("ends-before-it-begins", "/occurred_at")


def test_closing_ends_a_hold() -> None:
    episode = given(*READY, HELD, CLOSED).episode
    assert [status(episode, moment(march(day))) for day in (6, 21)] == ["on_hold", "closed"]
    given(*READY, HELD, CLOSED).when(a_resumption).then_refused("episode-closed")


def test_a_check_says_stop_and_a_session_is_a_breach_while_care_pauses() -> None:
    given(*READY, HELD).when(a_check, march(6)).then_verdict("stop", "episode-on-hold")
    given(*READY, HELD).when(a_check, march(4)).then_verdict("go")
    treated = given(*READY, CHECKED, past(a_hold, march(2, 12))).when(
        a_session(march(3, 10), check_id=CHECKED.id)
    )
    treated.then_breaches("episode-on-hold", "check-said-stop")


def test_of_unknown_times_a_hold_begins_and_ends_at_the_latest_that_they_can_be() -> None:
    begun = Past(a_hold, When.of(march(9), "unknown", ZONE))
    assert [status(given(*READY, begun).episode, moment(march(day))) for day in (8, 9)] == ["open", "on_hold"]
    given(*READY, begun).when(a_resumption, march(4)).then_recorded()
    over = Past(a_resumption, When.of(march(9), "unknown", ZONE))
    episode = given(*READY, HELD, over).episode
    assert [status(episode, moment(march(day))) for day in (8, 9)] == ["on_hold", "open"]
