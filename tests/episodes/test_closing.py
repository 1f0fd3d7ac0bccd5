"""Closing an episode, and what may be recorded afterwards."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from episodes.domain.responding import ResponseNoted
from episodes.domain.sharing import SharingWithdrawn
from episodes.domain.steps import ALWAYS, NEVER, OF_BEFORE, STEPS
from episodes.domain.treating import SessionNotDelivered
from tests.episodes.care import (
    CHECKED,
    CLOSED,
    READY,
    a_baseline,
    a_check,
    a_closure,
    a_consent,
    a_flag,
    a_plan,
    a_refinement,
    a_session,
    a_sharing_consent,
    an_episode,
    shared,
    treated,
)
from tests.episodes.scenario import Outcome, given, march

BEFORE, AT, AFTER = march(19, 10), march(20, 17), march(21, 10)
SHARED = shared()
HISTORY = (*READY, CHECKED, treated(), SHARED, CLOSED)

AFTER_CLOSING = {
    "episode-opened.1": NEVER,
    "treatment-consented.1": NEVER,
    "assessed.1": OF_BEFORE,
    "plan-set.1": NEVER,
    "plan-refined.1": NEVER,
    "session-checked.1": OF_BEFORE,
    "session-delivered.1": OF_BEFORE,
    "session-not-delivered.1": OF_BEFORE,
    "response-noted.1": ALWAYS,
    "red-flag-raised.1": ALWAYS,
    "sharing-consented.1": NEVER,
    "sharing-withdrawn.1": ALWAYS,
    "episode-closed.1": NEVER,
}


def drafts(at: datetime) -> dict[str, Any]:
    """Something to record of each kind, of the time `at`."""
    return {
        "episode-opened.1": an_episode,
        "treatment-consented.1": a_consent(at),
        "assessed.1": a_baseline,
        "plan-set.1": a_plan,
        "plan-refined.1": a_refinement(),
        "session-checked.1": a_check,
        "session-delivered.1": a_session(at),
        "session-not-delivered.1": SessionNotDelivered(planned_start=at, reason="no_show"),
        "response-noted.1": ResponseNoted(session=treated().id),
        "red-flag-raised.1": a_flag(),
        "sharing-consented.1": a_sharing_consent(),
        "sharing-withdrawn.1": SharingWithdrawn(),
        "episode-closed.1": a_closure,
    }


def record_after_closing(name: str, at: datetime) -> Outcome:
    return given(*HISTORY).when(drafts(at)[name], at, about=SHARED.id)


def test_closing_says_why() -> None:
    given(*READY).when(a_closure).then(a_closure)
    assert given(*READY, CLOSED).episode.status == "closed"


def test_the_table_says_for_each_kind_of_event_whether_it_may_follow_the_closing() -> None:
    assert {step.name: step.after_closing for step in STEPS} == AFTER_CLOSING


@pytest.mark.parametrize("name", AFTER_CLOSING)
def test_after_closing_what_happened_before_is_accepted_unless_it_is_a_desk_decision(name: str) -> None:
    for at in (BEFORE, AT):
        outcome = record_after_closing(name, at)
        if AFTER_CLOSING[name] == NEVER:
            outcome.then_refused("episode-closed")
        else:
            outcome.then_recorded()


@pytest.mark.parametrize("name", AFTER_CLOSING)
def test_after_closing_what_happens_later_is_accepted_only_from_clients_and_their_bodies(name: str) -> None:
    outcome = record_after_closing(name, AFTER)
    if AFTER_CLOSING[name] == ALWAYS:
        outcome.then_recorded()
    else:
        outcome.then_refused("episode-closed")


def test_a_session_of_the_closing_day_known_to_the_day_was_before_it() -> None:
    of_the_day = replace(a_session(AT), start=None, end=None)
    given(*HISTORY).when(of_the_day).then_recorded()


def test_an_open_episode_takes_all_of_them() -> None:
    for name, draft in drafts(BEFORE).items():
        if name not in ("plan-set.1", "episode-opened.1"):
            given(*READY, treated(), SHARED).when(draft, BEFORE, about=SHARED.id).then_recorded()
