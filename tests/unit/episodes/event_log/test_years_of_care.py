"""The courses of care that measurements use are such as the service records: mixed, over months, unbroken."""

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import SessionDelivered, broken_rules
from episodes.domain.event import RecordedEvent
from episodes.event_log.codec import Annotations, DataKey, decode, encode
from episodes.event_log.folding import fold
from tests.support.episodes.scenario import past, recorded
from tests.support.episodes.years_of_care import Told, years_of_care

EVENTS = 200
KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))


def entry(told: Told, version: int) -> RecordedEvent[Any]:
    header = recorded(past(told.fact, told.at), version).metadata
    return RecordedEvent(replace(header, event_id=told.id), told.fact)


def test_a_course_is_stored_and_read_again_and_breaks_no_rule_of_care() -> None:
    entries = [entry(told, version) for version, told in enumerate(years_of_care(EVENTS, 3), 1)]
    events = [encode(it.metadata, it.fact, Annotations(), KEY, os.urandom(12)) for it in entries]
    assert [decode(event, {KEY.id: KEY}) for event in events] == entries
    episode = fold(entries)
    assert episode is not None
    sessions = list(episode.of(SessionDelivered))
    assert len(sessions) > EVENTS / 4
    for one in sessions:
        assert one.fact.check_id is not None
        check = episode.entry(one.fact.check_id)
        assert broken_rules(episode, one.fact, one.metadata.when, check, []) == ()


def test_it_has_facts_of_every_common_kind_over_months_until_today() -> None:
    course = list(years_of_care(EVENTS, 3))
    assert len(course) == EVENTS
    assert len(Counter(type(told.fact) for told in course)) == 10
    assert max(later.at - told.at for told, later in pairwise(course)) <= timedelta(weeks=1)
    age = datetime.now(UTC) - course[-1].at
    assert timedelta() < age < timedelta(weeks=16)
    assert course[-1].at - course[0].at > timedelta(weeks=EVENTS / 4)


def test_what_a_fact_names_came_before_and_the_seed_decides_what_it_says() -> None:
    course = list(years_of_care(EVENTS, 3))
    before: set[UUID | None] = set()
    for told in course:
        if isinstance(told.fact, ResponseNoted):
            assert told.fact.session in before
        before.add(told.id)
    assert [type(told.fact) for told in course] == [type(told.fact) for told in years_of_care(EVENTS, 3)]
    assert [type(told.fact) for told in course] != [type(told.fact) for told in years_of_care(EVENTS, 4)]
