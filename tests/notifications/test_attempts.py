"""One attempt in isolation: a decision serves once and for two seconds, and logs tell nothing of a client."""

import io
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import structlog

from contracts.disclosure import Decision, Question
from notifications.adapters.logs import configure_logs
from notifications.application.bodies import Due
from notifications.application.deliver import Attempt, Claimed, Clock, Courier, NoAnswer
from notifications.domain.schedule import Answered, Delivered, Next, Outcome
from notifications.domain.signing import secret_text

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class World:
    """Outbox, endpoint and episodes service in memory; what happened is written in `said`."""

    said: list[Any] = field(default_factory=list)
    answers: Sequence[Decision] | None = None

    async def claim(self, networks: Sequence[str], limit: int) -> Sequence[Claimed]:
        return ()

    async def release(self, claimed: Sequence[Claimed], wait: timedelta) -> None:
        self.said += ["released"] * len(claimed)

    async def withhold(self, claimed: Claimed) -> None:
        self.said.append("withheld")

    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        self.said.append(following)

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        if self.answers is None:
            raise NoAnswer("nobody there")
        return self.answers

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        self.said.append("sent")
        return Answered(204)


def courier(world: World, monotonic: float = 0.0) -> Courier:
    clock = Clock(lambda: NOW, lambda: monotonic, lambda: 0.5)
    return Courier(world, world, world, clock, "http://127.0.0.1:8001")


def claimed(**more: Any) -> Claimed:
    due = Due(
        network="demo",
        subscription_id=uuid4(),
        number=1,
        partner=uuid4(),
        level="ids",
        event_id=uuid4(),
        type="care.episode.plan_set.v1",
        episode=uuid4(),
        clinic=uuid4(),
        occurred_at=NOW,
        precision="minute",
        recorded_at=NOW,
        origin="live",
        dataref="http://127.0.0.1:8000/v1/episodes/e/events/x",
        correlation_id=uuid4(),
        owed_at=NOW,
    )
    return Claimed(due, uuid4(), 0, "https://partner.example/", secret_text(bytes(32)))


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
    await courier(world, monotonic=100 + seconds).attempt(claimed(), decision(), decided_at=100.0)
    assert world.said == said


async def test_a_refusal_withholds_and_sends_nothing() -> None:
    world = World()
    await courier(world).attempt(claimed(), decision(allowed=False), decided_at=0.0)
    assert world.said == ["withheld"]


async def test_what_cannot_be_read_waits_for_its_operator_and_is_not_withheld() -> None:
    world = World()
    unreadable = Decision(decision_id=uuid4(), allowed=False, reason="unreadable")
    await courier(world).attempt(claimed(), unreadable, 0.0)
    assert world.said == ["released"]


async def test_an_answer_without_subject_is_no_answer() -> None:
    world = World()
    await courier(world).attempt(claimed(), decision(subject=None), decided_at=0.0)
    assert world.said == ["released"]


async def test_silence_releases_all_that_was_asked_for() -> None:
    world = World()
    assert await courier(world).decisions("demo", [claimed(), claimed()]) == ()
    assert world.said == ["released", "released"]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a role would write, with logs configured as a role does; afterwards all is as before."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs()
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def test_a_log_line_keeps_known_fields_only(written: io.StringIO) -> None:
    structlog.get_logger().info("attempt", network="demo", client_name="Mrs Smith")
    logging.getLogger("asyncio").error("never retrieved: %s", "Mrs Smith")
    logging.getLogger("kafka.consumer").debug("record %s", "Mrs Smith")
    logging.getLogger("kafka.consumer").warning("cannot reach %s", "Mrs Smith")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["attempt", "a library reports", "cannot reach %s"]
    assert lines[0]["dropped"] == ["client_name"]
    assert "Smith" not in written.getvalue()


@pytest.mark.parametrize("name", ["kafka", "kafka.consumer.fetcher", "kafka.net"])
def test_kafkas_loggers_never_print_records(name: str, written: io.StringIO) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
