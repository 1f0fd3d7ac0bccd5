"""An entry that looks like one recorded under another key is recorded too, and the answer names the other."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from episodes.domain.care.assessments import Assessed
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import SessionNotDelivered
from tests.support.episodes.batches import (
    KEY,
    a_batch,
    an_episode_of,
    answered,
    command,
    told_of,
    warned,
)
from tests.support.episodes.care_facts import (
    OPENED,
    READY,
    a_baseline,
    a_check,
    a_correction_of,
    a_flag,
    a_session,
    an_addition_to,
    an_episode,
    judged,
)
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import COLLEAGUE, EPISODE, OTHER_CLINIC, THERAPIST, march, past

RULE = "looks-recorded-already"
TEN = march(3, 10)
a_response = ResponseNoted(client_words="slept well")
an_assessment = Assessed(stage="ad_hoc", symptoms="none")
a_missed_session = SessionNotDelivered(planned_start=TEN, reason="no_show")


def second(first: Any, again: Any, /, **circumstances: dict[str, Any]) -> list[dict[str, str]]:
    """What the answer to the second of two commands warns of doubles, each under a key of its own."""
    batch = a_batch(told_of(an_episode_of(*READY)))
    said = [circumstances.get("first", {}), circumstances.get("again", {})]
    told = [
        answered(batch, command(draft, EPISODE, id=UUID(int=number), said=each))
        for number, (draft, each) in enumerate(zip((first, again), said, strict=True), start=500)
    ]
    doubles = [[one for one in json.loads(answer.body)["warnings"] if one["rule"] == RULE] for answer in told]
    assert not doubles[0]
    for one in doubles[1]:
        assert one["detail"] == f"It looks like event {json.loads(told[0].body)['events'][0]['id']}."
    return doubles[1]


def by(performer: UUID | None) -> dict[str, Any]:
    return {"performer": performer}


@pytest.mark.parametrize(
    ("later", "first", "again", "alike"),
    [
        (0, THERAPIST, THERAPIST, True),
        (59, THERAPIST, THERAPIST, True),
        (-59, THERAPIST, THERAPIST, True),
        (60, THERAPIST, THERAPIST, False),
        (0, None, None, True),
        (0, THERAPIST, COLLEAGUE, False),
        (0, THERAPIST, None, False),
    ],
)
def test_sessions_of_one_performer_and_one_start_look_alike_whatever_they_say(
    later: int, first: UUID | None, again: UUID | None, alike: bool
) -> None:
    other = a_session(TEN + timedelta(seconds=later), position="prone")
    told = second(a_session(TEN), other, first=by(first), again=by(again))
    assert [one["pointer"] for one in told] == ["/start"] * alike


def test_sessions_known_to_the_day_do_not_look_alike() -> None:
    of_a_day = replace(a_session(TEN), start=None, end=None)
    assert not second(of_a_day, of_a_day)
    assert not second(a_session(TEN), of_a_day)


@pytest.mark.parametrize("draft", [a_baseline, an_assessment, a_response, a_check, judged("stop")])
@pytest.mark.parametrize(
    ("precision", "later", "alike"),
    [("second", 0, True), ("second", 59, True), ("second", 60, False), ("minute", 60, False)],
)
def test_what_says_the_same_at_one_time_looks_alike(
    draft: Any, precision: str, later: int, alike: bool
) -> None:
    one, other = at(TEN, precision), at(TEN + timedelta(seconds=later), precision)
    told = second(draft, draft, first=one, again=other)
    assert [one["pointer"] for one in told] == ["/occurred_at"] * alike


def at(moment: datetime, precision: str) -> dict[str, Any]:
    return {"occurred_at": moment, "precision": precision}


def test_missed_sessions_look_alike_by_the_start_that_was_planned() -> None:
    assert [one["pointer"] for one in second(a_missed_session, a_missed_session)] == ["/planned_start"]
    assert not second(a_missed_session, replace(a_missed_session, planned_start=TEN + timedelta(hours=1)))


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (an_assessment, replace(an_assessment, symptoms="some")),
        (a_response, replace(a_response, client_words="slept badly")),
        (a_check, judged("proceed")),
        (a_missed_session, replace(a_missed_session, reason="late_cancel")),
        (a_response, an_assessment),
        (a_flag(), a_flag()),
    ],
)
def test_what_says_something_else_or_is_of_another_kind_does_not(first: Any, again: Any) -> None:
    told = {} if isinstance(first, SessionNotDelivered) else at(TEN, "second")
    assert not second(first, again, first=told, again=told)


@pytest.mark.parametrize(
    ("precision", "stage", "alike"),
    [
        ("second", "baseline", True),
        ("day", "baseline", True),
        ("month", "baseline", False),
        ("second", "exit", False),
    ],
)
def test_a_baseline_looks_like_one_of_the_same_time_whatever_it_says(
    precision: str, stage: str, alike: bool
) -> None:
    said = at(TEN, precision)
    told = second(a_baseline, Assessed(stage=stage, symptoms="other"), first=said, again=said)
    assert bool(told) == alike


def test_a_baseline_looks_like_no_new_baseline_and_like_none_of_some_day_of_a_month() -> None:
    anew = Assessed(stage="new_baseline", new_baseline_reason="surgery")
    assert not second(a_baseline, anew, first=at(TEN, "second"), again=at(TEN, "second"))
    assert not second(a_baseline, a_baseline, first=at(TEN, "day"), again=at(TEN, "month"))


def test_days_that_say_the_same_are_no_doubles_but_for_baselines() -> None:
    said = at(TEN, "day")
    assert not second(a_response, a_response, first=said, again=said)


def test_a_correction_is_no_double_of_its_own_entry_but_may_become_one_of_another() -> None:
    at_ten, at_noon = (past(a_session(march(3, hour)), march(3, hour)) for hour in (10, 12))
    history = [OPENED, at_ten, at_noon]
    again = a_correction_of("session-delivered.1", a_session(march(3, 12), position="prone"))
    assert (RULE, "/replacement/start") not in warned_of(again, after=history, about=at_noon.id)
    moved = a_correction_of("session-delivered.1", a_session(march(3, 10)))
    assert (RULE, "/replacement/start") in warned_of(moved, after=history, about=at_noon.id)
    noted, later = past(a_response, march(3, 10)), past(a_response, march(3, 12))
    same = a_correction_of(
        "response-noted.1", a_response, happened_at=march(3, 10), happened_precision="second"
    )
    assert warned_of(same, after=[OPENED, noted, later], about=later.id) == [(RULE, "/happened_at")]


def test_a_start_that_is_added_may_make_a_double() -> None:
    timed = past(a_session(TEN), TEN)
    of_a_day = past(replace(a_session(TEN), start=None, end=None), TEN.date())
    adding = an_addition_to("session-delivered.1", start=TEN)
    assert (RULE, "/added/start") in warned_of(adding, after=[OPENED, timed, of_a_day], about=of_a_day.id)


@pytest.mark.parametrize(("seconds", "again"), [(0, True), (-59, True), (59, True), (60, False)])
def test_a_second_opening_of_a_client_at_one_time_and_clinic_looks_like_the_first(
    seconds: int, again: bool
) -> None:
    batch = a_batch(told_of(key=KEY))
    first = answered(batch, command(an_episode, said={"occurred_at": march(2, 10)}))
    at = march(2, 10) + timedelta(seconds=seconds)
    second = command(an_episode, id=UUID(int=501), said={"occurred_at": at})
    told = json.loads(answered(batch, second).body)["warnings"]
    assert [it["detail"] for it in told] == ([f"It looks like episode {first.episode}."] if again else [])
    elsewhere = command(an_episode, id=UUID(int=502), clinic=OTHER_CLINIC, said={"occurred_at": at})
    assert warned(batch, elsewhere) == []
