"""What judging sessions anew costs, in process: after a late fact, and after one recorded as it happens."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from bench.machine import Machine
from bench.table import MILLISECONDS, Row
from care_platform.runtime import tune
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import evolve, judged_anew
from tests.support.episodes import care_facts
from tests.support.episodes.scenario import march, past, recorded, replayed

VISITS = 97
"""Each with a check and a session, so that the episode has 199 events before the late one."""
MAX_MILLISECONDS = 5.0
REPEATS = 50

_FIRST = march(3, 9)
_A_WEEK = timedelta(weeks=1)


def measure(machine: Machine) -> Iterator[Row]:
    """A late fact that reaches every session, beside the aim; a live one beside recording it."""
    tune(all_every=None)
    episode = _episode()
    late, live = past(care_facts.a_flag(), _FIRST - _A_WEEK), past(care_facts.a_check, _start(VISITS))
    reaching, happened = ([recorded(one, episode.version + 1)] for one in (late, live))
    after = evolve(episode, reaching[0])
    assert [len(one.fact.sessions) for one in judged_anew(episode, after, reaching)] == [VISITS]
    slow = [_milliseconds(episode, after, reaching) for _ in range(machine.rounds)]
    aim = [MAX_MILLISECONDS] * machine.rounds
    yield Row(
        f"a late fact in {len(after.entries)} events, {VISITS} sessions judged",
        slow,
        "the aim: 5 ms",
        aim,
        1.0,
        MILLISECONDS,
        True,
    )
    now = evolve(episode, happened[0])
    quick = [_milliseconds(episode, now, happened) for _ in range(machine.rounds)]
    yield Row("a check as it happens: none judged", quick, "the late fact", slow, 0.1, MILLISECONDS, True)


def _episode() -> Episode:
    """A course of care of two years, with a visit a week."""
    facts = list(care_facts.READY)
    consent = care_facts.a_consent(_start(51))
    facts.append(past(consent, consent.signed_at))
    for number in range(VISITS):
        check = past(care_facts.a_check, _start(number))
        begun = _start(number) + timedelta(minutes=5)
        facts += [check, past(care_facts.a_session(begun, check_id=check.id), begun)]
    return replayed(facts)


def _start(number: int) -> datetime:
    return _FIRST + number * _A_WEEK


def _milliseconds(before: Episode, episode: Episode, reaching: Sequence[RecordedEvent[Any]]) -> float:
    """The median in milliseconds of CPU time: nothing is waited for, and other load should not count."""
    took = []
    for _ in range(REPEATS):
        began = time.thread_time()
        judged_anew(before, episode, reaching)
        took.append((time.thread_time() - began) * 1_000)
    return median(took)
