"""One attempt in isolation: a decision serves once and for two seconds, and logs tell nothing of a client."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
import structlog

from care_platform import logs
from contracts.disclosure import Decision, Question, Reason
from notifications.answers import NoAnswer
from notifications.delivering.courier import (
    WAIT_FOR_ANSWER,
    WAIT_FOR_MENDING,
    Attempt,
    Claimed,
    Clock,
    Courier,
)
from notifications.delivering.schedule import (
    DELAYS,
    Answered,
    Delivered,
    Exhausted,
    Next,
    Outcome,
    Retry,
    Unanswered,
    Unusable,
)
from notifications.delivering.signing import headers, secret_text, webhook_id
from notifications.delivering.webhook_bodies import Due, body_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = secret_text(bytes(32))


@dataclass
class World:
    """Outbox, endpoint and episodes service in memory; what happened is written in `said`."""

    said: list[Any] = field(default_factory=list)
    answers: Sequence[Decision] | None = None
    answered: Outcome | Unusable = field(default_factory=lambda: Answered(204))
    waits: list[timedelta] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        return ()

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None:
        self.said += ["released"] * len(claimed)
        self.waits += [wait] * len(claimed)

    async def rest(self, claimed: Claimed) -> None:
        self.said.append("rests")

    async def withhold(self, claimed: Claimed) -> None:
        self.said.append("withheld")

    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        self.said.append(following)
        self.attempts.append(attempt)

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        if self.answers is None:
            raise NoAnswer("nobody there")
        return self.answers

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome | Unusable:
        self.said.append("sent")
        self.posted.append((url, headers, body))
        return self.answered


def courier(world: World, monotonic: float = 0.0) -> Courier:
    clock = Clock(lambda: NOW, lambda: monotonic, lambda: 0.5)
    return Courier(world, world, world, clock, "http://127.0.0.1:8001")


def claimed(attempts: int = 0, secret: str | None = SECRET, leased_at: float = 0.0, **more: Any) -> Claimed:
    usual: dict[str, Any] = {
        "network": "demo",
        "subscription_id": uuid4(),
        "number": 1,
        "partner": uuid4(),
        "level": "ids",
        "event_id": uuid4(),
        "type": "care.episode.plan_set.v1",
        "episode": uuid4(),
        "clinic": uuid4(),
        "occurred_at": NOW,
        "precision": "minute",
        "recorded_at": NOW,
        "origin": "live",
        "dataref": "http://127.0.0.1:8000/v1/episodes/e/events/x",
        "correlation_id": uuid4(),
        "owed_at": NOW,
    }
    return Claimed(Due(**(usual | more)), uuid4(), attempts, "https://partner.example/", secret, leased_at)


def decision(allowed: bool = True, **more: Any) -> Decision:
    subject = uuid4() if allowed else None
    reason = "consented" if allowed else "no_consent"
    return Decision(decision_id=uuid4(), allowed=allowed, reason=reason, **({"subject": subject} | more))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, ["sent", Delivered()]), (2.0, ["sent", Delivered()]), (2.1, ["released"])],
)
async def test_a_decision_serves_an_attempt_started_within_two_seconds(
    seconds: float, said: list[Any]
) -> None:
    world = World()
    owed = claimed(leased_at=100.0)
    await courier(world, monotonic=100 + seconds).attempt(owed, decision(), decided_at=100.0)
    assert world.said == said


@pytest.mark.parametrize(("seconds", "said"), [(15.0, ["sent", Delivered()]), (15.1, ["released"])])
async def test_an_attempt_that_would_outlast_its_lease_is_not_begun(seconds: float, said: list[Any]) -> None:
    world = World()
    asked_late = courier(world, monotonic=100 + seconds)
    await asked_late.attempt(claimed(leased_at=100.0), decision(), decided_at=100 + seconds)
    assert world.said == said


async def test_a_refusal_withholds_and_sends_nothing() -> None:
    world = World()
    await courier(world).attempt(claimed(), decision(allowed=False), decided_at=0.0)
    assert world.said == ["withheld"]


REFUSALS = ("no_consent", "not_shared", "redacted")


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("allowed", [True, False])
async def test_only_consent_sends_and_only_a_refusal_is_final(reason: Reason, allowed: bool) -> None:
    world = World()
    said = Decision(decision_id=uuid4(), allowed=allowed, reason=reason, subject=uuid4())
    await courier(world).attempt(claimed(), said, 0.0)
    if allowed and reason == "consented":
        assert world.said == ["sent", Delivered()]
    elif not allowed and reason in REFUSALS:
        assert world.said == ["withheld"]
    else:
        assert (world.said, world.waits) == (["released"], [WAIT_FOR_MENDING])


async def test_an_answer_without_subject_is_no_answer() -> None:
    world = World()
    await courier(world).attempt(claimed(), decision(subject=None), decided_at=0.0)
    assert world.said == ["released"]
    assert world.waits == [WAIT_FOR_MENDING]


async def test_silence_releases_all_that_was_asked_for() -> None:
    world = World()
    assert await courier(world).decisions("demo", [claimed(), claimed()]) == ()
    assert world.said == ["released", "released"]
    assert world.waits == [WAIT_FOR_ANSWER] * 2


async def test_an_old_decision_is_asked_for_again_at_once() -> None:
    world = World()
    await courier(world, monotonic=103.0).attempt(claimed(), decision(), decided_at=100.0)
    assert world.waits == [timedelta(0)]


@pytest.mark.parametrize(
    ("before", "following"),
    [
        (0, Retry(DELAYS[1])),
        (3, Retry(DELAYS[4])),
        (len(DELAYS) - 2, Retry(DELAYS[-1])),
        (len(DELAYS) - 1, Exhausted()),
    ],
)
async def test_a_failed_attempt_is_followed_by_the_wait_of_its_place_in_the_schedule(
    before: int, following: Next
) -> None:
    world = World(answered=Answered(503))
    await courier(world).attempt(claimed(attempts=before), decision(), decided_at=0.0)
    assert world.said == ["sent", following]


async def test_what_is_sent_is_signed_for_this_delivery_now_and_written_down_with_its_decision() -> None:
    world, owed, decided = World(), claimed(), decision()
    await courier(world).attempt(owed, decided, decided_at=0.0)
    ((url, sent, body),) = world.posted
    assert url == owed.url
    message_id = webhook_id(owed.due.subscription_id, owed.due.event_id)
    assert sent == headers(SECRET, message_id, int(NOW.timestamp()), body)
    assert body == body_of(owed.due, decided, "http://127.0.0.1:8001")
    assert world.attempts == [Attempt(decided.decision_id, NOW, timedelta(0), Answered(204))]


@pytest.mark.parametrize("before", [0, len(DELAYS) - 1])
async def test_an_address_that_cannot_be_used_makes_the_endpoint_rest_and_is_no_attempt(before: int) -> None:
    world = World(answered=Unusable())
    await courier(world).attempt(claimed(attempts=before), decision(), decided_at=0.0)
    assert world.said == ["sent", "rests"]
    assert world.attempts == []


@pytest.mark.parametrize("secret", [None, "no secret"])
async def test_a_secret_that_cannot_sign_sends_nothing_and_counts(secret: str | None) -> None:
    world = World()
    await courier(world).attempt(claimed(secret=secret), decision(), decided_at=0.0)
    assert world.said == [Retry(DELAYS[1])]
    assert [it.outcome for it in world.attempts] == [Unanswered("unusable_secret")]


async def test_a_notice_without_ids_needs_no_subject() -> None:
    world = World()
    await courier(world).attempt(claimed(level="empty"), decision(subject=None), decided_at=0.0)
    assert world.said == ["sent", Delivered()]


async def test_a_question_names_event_partner_subscription_and_level() -> None:
    due = claimed(level="empty").due
    asked = replace(claimed(), due=due).question
    assert (asked.event_id, asked.partner) == (due.event_id, due.partner)
    assert (asked.subscription_id, asked.level) == (due.subscription_id, "empty")


@pytest.fixture
def written() -> Iterator[Callable[[], str]]:
    """What a role would write, with logs configured as a role does; afterwards all is as before."""
    root, (reader, writer) = logging.getLogger(), os.pipe()
    before = root.handlers[:], root.level
    logs.configure("deliver", writer)

    def read() -> str:
        logs.flush()
        return os.read(reader, 65_536).decode()

    yield read
    structlog.reset_defaults()
    root.handlers[:], root.level = before
    os.close(reader)
    os.close(writer)


def test_a_log_line_keeps_known_fields_only(written: Callable[[], str]) -> None:
    structlog.get_logger().info("attempt", network="demo", client_name="Mrs Smith")
    logging.getLogger("asyncio").error("never retrieved: %s", "Mrs Smith")
    logging.getLogger("kafka.consumer").debug("record %s", "Mrs Smith")
    logging.getLogger("kafka.consumer").warning("cannot reach %s", "Mrs Smith")
    text = written()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["attempt", "a library reports", "cannot reach %s"]
    assert lines[0]["dropped"] == ["client_name"]
    assert "Smith" not in text


@pytest.mark.parametrize("name", ["kafka", "kafka.consumer.fetcher", "kafka.net"])
def test_kafkas_loggers_never_print_records(name: str, written: Callable[[], str]) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
