"""When a delivery is tried again, and what each answer of an endpoint means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivering.schedule import (
    DELAYS,
    MAX_WAIT,
    Answered,
    Delivered,
    EndpointGone,
    Exhausted,
    Next,
    Outcome,
    Retry,
    Unanswered,
    after_attempt,
    retry_after,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVEN = 0.5  # a jitter that leaves the wait as it is


def after(outcome: Outcome, attempts: int = 1, jitter: float = EVEN) -> Next:
    return after_attempt(outcome, attempts, DELAYS, jitter)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_only_a_2xx_is_success(status: int) -> None:
    assert after(Answered(status)) == Delivered()


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status: int) -> None:
    assert after(Answered(status)) == Retry(timedelta(seconds=5))


def test_an_endpoint_that_is_gone_is_not_tried_again() -> None:
    assert after(Answered(410)) == EndpointGone()


def test_the_waits_are_those_of_standard_webhooks_and_end_after_three_days() -> None:
    waits: list[timedelta] = []
    attempts = 1
    while isinstance(following := after(Unanswered("timeout"), attempts), Retry):
        waits.append(following.wait)
        attempts += 1
    assert following == Exhausted()
    assert [wait.total_seconds() for wait in waits] == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(waits, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(jitter=st.floats(0, 1), attempts=st.integers(1, len(DELAYS) - 1))
def test_jitter_moves_a_wait_by_a_fifth_at_most(jitter: float, attempts: int) -> None:
    following = after(Unanswered("timeout"), attempts, jitter)
    assert isinstance(following, Retry)
    assert DELAYS[attempts] * 0.799 <= following.wait <= DELAYS[attempts] * 1.201


def test_retry_after_is_waited_for_but_no_longer_than_a_day() -> None:
    assert after(Answered(429, timedelta(minutes=2))) == Retry(timedelta(minutes=2))
    assert after(Answered(503, timedelta(seconds=1))) == Retry(timedelta(seconds=5))
    assert after(Answered(503, timedelta(days=30))) == Retry(MAX_WAIT)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("Mon, 02 Mar 2026 09:02:00 -0000", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 10:02:00 +0100", timedelta(minutes=2)),
        ("99999999999999999999", MAX_WAIT),
        ("Mon, 02 Mar 2026 09:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", timedelta(0)),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, NOW) == wait


@given(st.text(max_size=60))
def test_no_retry_after_can_do_harm(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or wait >= timedelta(0)
