"""The outbox: fair between endpoints, one holder of a delivery at a time, nothing held for ever."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from care_platform.clock_drift import ClockDrift
from notifications.delivering.courier import Attempt, Claimed
from notifications.delivering.outbox import AT_ONCE, OF_ONE_AT_ONCE, PER_ENDPOINT, PostgresOutbox
from notifications.delivering.schedule import (
    Answered,
    Delivered,
    EndpointGone,
    Exhausted,
    Next,
    Retry,
    Unanswered,
)
from notifications.delivering.secret_sealing import Sealing
from notifications.delivering.signing import secret_text
from notifications.postgres.connections import Database, connect
from tests.support.jumping_clock import true_time
from tests.support.notifications.intake import Lane, service_update, subscribed
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Notifications

LONG, SHORT = timedelta(seconds=30), timedelta(milliseconds=50)
NETWORKS = ("demo",)
SECRET = secret_text(bytes(32))


@pytest.fixture
async def database(service: Notifications) -> AsyncIterator[Database]:
    async with Database(service.database.url("deliver"), 4) as opened:
        yield opened


@pytest.fixture
def outbox(database: Database, tmp_path: Path) -> PostgresOutbox:
    return PostgresOutbox(database, Sealing(tmp_path), LONG, ClockDrift(true_time))


@pytest.fixture
def hasty(database: Database, tmp_path: Path) -> PostgresOutbox:
    """Whose leases end before its work does."""
    return PostgresOutbox(database, Sealing(tmp_path), SHORT, ClockDrift(true_time))


async def owed(service: Notifications, partner: UUID, count: int) -> None:
    care = Care()
    async with await connect(service.database.url("consume")) as db:
        events = [care.shared_with(partner), *(care.session() for _ in range(count))]
        await Lane(db, name=f"feed/{uuid4()}").take(*events)


def attempt(status: int = 204) -> Attempt:
    return Attempt(uuid4(), datetime.now(UTC), timedelta(milliseconds=3), Answered(status))


def by_subscription(claimed: Sequence[Claimed]) -> Counter[UUID]:
    return Counter(it.due.subscription_id for it in claimed)


def numbers(claimed: Sequence[Claimed]) -> list[int]:
    return sorted(it.due.number for it in claimed)


async def test_a_long_queue_takes_no_more_than_its_share(
    service: Notifications, outbox: PostgresOutbox
) -> None:
    busy, quiet = uuid4(), uuid4()
    long_queue, short_queue = subscribed(service, busy, "a"), subscribed(service, quiet, "b")
    await owed(service, busy, 50)
    await owed(service, quiet, 2)
    first, second = [await outbox.claim(NETWORKS, AT_ONCE) for _ in range(2)]
    assert by_subscription(first) == {long_queue: OF_ONE_AT_ONCE, short_queue: 2}
    assert by_subscription(second) == {long_queue: PER_ENDPOINT - OF_ONE_AT_ONCE}
    assert await outbox.claim(NETWORKS, AT_ONCE) == []


async def test_what_is_owed_to_an_endpoint_is_claimed_in_the_order_of_its_numbers(
    service: Notifications, outbox: PostgresOutbox
) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 20)
    assert numbers(await outbox.claim(NETWORKS, AT_ONCE)) == list(range(1, OF_ONE_AT_ONCE + 1))


async def test_so_is_what_is_due_at_the_same_moment(service: Notifications, outbox: PostgresOutbox) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 40)
    for rest in (0, 1):  # the even ones come first in the table and in the index
        service.write("UPDATE deliveries SET due_at = '2026-01-01' WHERE number %% 2 = %s", rest)
    assert numbers(await outbox.claim(NETWORKS, AT_ONCE)) == list(range(1, PER_ENDPOINT + 1))


async def test_an_endpoint_that_failed_last_gets_one_attempt_at_a_time(
    service: Notifications, outbox: PostgresOutbox
) -> None:
    partner = uuid4()
    subscription = subscribed(service, partner)
    service_update(service, subscription, "consecutive_failures = 1")
    await owed(service, partner, 10)
    (first,) = await outbox.claim(NETWORKS, 100)
    await outbox.record(first, attempt(), Delivered())
    assert len(await outbox.claim(NETWORKS, 100)) == OF_ONE_AT_ONCE


async def test_a_network_that_is_not_asked_for_waits(service: Notifications, outbox: PostgresOutbox) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 1)
    assert await outbox.claim(("other",), 100) == []
    assert len(await outbox.claim(NETWORKS, 100)) == 1


async def test_who_lost_the_lease_changes_nothing_any_more(
    service: Notifications, outbox: PostgresOutbox, hasty: PostgresOutbox
) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 1)
    (lost,) = await hasty.claim(NETWORKS, 1)
    await asyncio.sleep(2 * SHORT.total_seconds())
    (held,) = await outbox.claim(NETWORKS, 1)
    await hasty.record(lost, attempt(500), Exhausted())
    await hasty.withhold(lost)
    await hasty.release([lost], timedelta(0))
    assert await outbox.claim(NETWORKS, 1) == []
    await outbox.record(held, attempt(), Delivered())
    assert service.rows("SELECT state, attempts FROM deliveries") == [{"state": "delivered", "attempts": 1}]


@pytest.mark.parametrize(
    ("following", "state", "claimable"),
    [
        (Delivered(), "delivered", False),
        (Retry(timedelta(0)), "pending", True),
        (Retry(timedelta(hours=1)), "pending", False),
        (EndpointGone(), "pending", False),
        (Exhausted(), "failed", False),
    ],
)
async def test_what_follows_an_attempt_is_written_down(
    following: Next, state: str, claimable: bool, service: Notifications, outbox: PostgresOutbox
) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 1)
    (claimed,) = await outbox.claim(NETWORKS, 1)
    await outbox.record(claimed, attempt(500), following)
    assert service.rows("SELECT state FROM deliveries") == [{"state": state}]
    assert bool(await outbox.claim(NETWORKS, 1)) is claimable
    disabled = service.rows("SELECT state FROM subscriptions") == [{"state": "disabled"}]
    assert disabled is isinstance(following, EndpointGone)


@pytest.mark.parametrize(
    ("statuses", "before", "failures"),
    [
        ([500, 500], 0, 2),
        ([500, 204, 500], 3, 1),
        ([500, 500, 204], 3, 0),
        ([500, 500], 3, 5),
        ([204, 204], 0, 0),
    ],
)
async def test_failures_in_a_row_are_counted_also_of_attempts_that_end_together(
    statuses: list[int], before: int, failures: int, service: Notifications, outbox: PostgresOutbox
) -> None:
    partner = uuid4()
    subscription = subscribed(service, partner)
    await owed(service, partner, len(statuses))
    claimed = await outbox.claim(NETWORKS, 100)
    service_update(service, subscription, f"consecutive_failures = {before}")
    following = [Delivered() if status == 204 else Retry(timedelta(hours=1)) for status in statuses]
    await asyncio.gather(
        *(outbox.record(it, attempt(st), f) for it, st, f in zip(claimed, statuses, following, strict=True))
    )
    found = service.rows("SELECT consecutive_failures AS failures FROM subscriptions")
    assert found == [{"failures": failures}]
    told = service.rows("SELECT status FROM attempts ORDER BY number")
    assert [row["status"] for row in told] == statuses


async def test_an_endpoint_whose_row_is_held_keeps_no_attempt_from_being_written(
    service: Notifications, outbox: PostgresOutbox
) -> None:
    failing, well = uuid4(), uuid4()
    held = subscribed(service, failing, "a")
    subscribed(service, well, "b")
    await owed(service, failing, 1)
    await owed(service, well, 1)
    claimed = {it.due.partner: it for it in await outbox.claim(NETWORKS, 100)}
    with psycopg.connect(service.database.superuser_url) as other:
        other.execute("SELECT 1 FROM subscriptions WHERE subscription_id = %s FOR UPDATE", [held])
        async with asyncio.timeout(5):
            await asyncio.gather(
                outbox.record(claimed[failing], attempt(500), Retry(timedelta(hours=1))),
                outbox.record(claimed[well], attempt(), Delivered()),
            )
        assert service.count("attempts") == 2
    assert service.count("deliveries", "state = 'delivered'") == 1


async def test_an_attempt_without_answer_is_logged_by_its_class_of_error(
    service: Notifications, outbox: PostgresOutbox
) -> None:
    partner = uuid4()
    subscribed(service, partner)
    await owed(service, partner, 1)
    (claimed,) = await outbox.claim(NETWORKS, 1)
    timed_out = Attempt(uuid4(), datetime.now(UTC), timedelta(seconds=15), Unanswered("timeout"))
    await outbox.record(claimed, timed_out, Retry(timedelta(0)))
    assert service.rows("SELECT attempt, status, error, duration_ms FROM attempts") == [
        {"attempt": 1, "status": None, "error": "timeout", "duration_ms": 15_000}
    ]


async def test_a_secret_opens_for_its_own_subscription_only(tmp_path: Path) -> None:
    sealing, subscription = Sealing(tmp_path / "keys"), uuid4()
    sealed = sealing.seal(SECRET, "demo", subscription)
    assert Sealing(tmp_path / "keys").open(sealed, "demo", subscription) == SECRET
    assert sealing.open(sealed, "demo", uuid4()) is None
    assert sealing.open(sealed, "other", subscription) is None
    assert sealing.open(b"", "demo", subscription) is None
    assert Sealing(tmp_path / "other").open(sealed, "demo", subscription) is None
    (key,) = (tmp_path / "keys").iterdir()
    assert key.stat().st_mode & 0o777 == 0o600
