"""A role killed at each named point, before and after every commit, send, acknowledgement and move."""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGKILL
from timeit import timeit
from types import MappingProxyType

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

import care_platform.crash_points
import episodes.config
import notifications.config
from tests.faults.checks import all_is_well, caught_up, drained, reading
from tests.faults.whole import Whole, running_whole
from tests.support.servers.discovery import CHECKOUT
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import eventually

POINTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "api.before-commit": ("", "recorded"),
        "api.after-commit": ("recorded", ""),
        "api.before-answer": ("recorded", ""),
        "relay.after-claim": ("claimed", "published"),
        "relay.before-send": ("", "published"),
        "relay.before-send:2": ("", "relayed"),
        "relay.after-send": ("", "relayed"),
        "relay.after-acknowledgement": ("published", "relayed"),
        "relay.after-move": ("relayed", ""),
        "project.after-move": ("", "listed"),
        "project.before-commit": ("", "listed"),
        "project.after-commit": ("listed", ""),
        "consume.after-read": ("", "taken in"),
        "consume.after-move": ("", "taken in"),
        "consume.before-commit": ("", "taken in"),
        "consume.after-commit": ("taken in", ""),
        "deliver.before-claim": ("", "leased"),
        "deliver.after-claim": ("leased", "received"),
        "deliver.after-decision": ("leased", "received"),
        "deliver.before-send": ("leased", "received"),
        "deliver.after-send": ("received", "delivered"),
        "deliver.before-record": ("received", "delivered"),
        "deliver.after-record": ("delivered", ""),
    }
)
"""Each point, `:n` for the nth passing: what has been done when it is reached, and what has not."""

AT_A_TIME = 3
SHORT_LEASES = {
    "NOTIFICATIONS_QUESTION_SECONDS": "1",
    "NOTIFICATIONS_ATTEMPT_SECONDS": "1",
    "NOTIFICATIONS_LEASE_SECONDS": "2.5",
}


@pytest.fixture(scope="module")
def whole(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    directory = tmp_path_factory.mktemp("crashing")
    with running_whole(postgres, kafka, directory, episodes=2, **SHORT_LEASES) as whole:
        yield whole


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_this_point_a_role_loses_nothing_and_repeats_no_effect(whole: Whole, point: str) -> None:
    stack, load = whole.stack, whole.load
    role = point.partition(".")[0]
    done, not_yet = POINTS[point]
    drained(stack)
    stack.kill(role)
    before, told = _counted(whole, done, not_yet), len(load.told)

    with ThreadPoolExecutor(AT_A_TIME) as callers:
        work = [callers.submit(load.deliver_session) for _ in range(AT_A_TIME)]
        if role != "api":
            [it.result() for it in work]
            _work_waits_for(stack, role)
        stack.start(role, **{f"{ROLES[role][0].upper()}_CRASH_AT": point})
        eventually(lambda: stack.exit_code(role) is not None, within=20)
        assert (stack.exit_code(role), _last_words(stack, role)) == (-SIGKILL, point.partition(":")[0])
        after = _counted(whole, done, not_yet)
        assert role != "api" or len(load.told) == told, "nobody was answered"
        stack.start(role)
        [it.result() for it in work]

    assert after.get(done, 1) > before.get(done, 0)
    assert after.get(not_yet) == before.get(not_yet)
    drained(stack)
    all_is_well(stack, load, whole.partner)


def test_every_point_in_the_code_is_in_the_table() -> None:
    sources = (CHECKOUT / "services").glob("*/src/**/*.py")
    named = (name for it in sources for name in _points_of(it))
    assert sorted(name for name in named if not name.startswith("keys.")) == sorted(
        {point.partition(":")[0] for point in POINTS}
    ), "each point once in the code and in the table; those of an operator's command have tests of their own"


@pytest.mark.parametrize(
    ("service", "settings"),
    [("EPISODES", episodes.config.Settings), ("NOTIFICATIONS", notifications.config.Settings)],
)
def test_production_refuses_to_be_ended_on_purpose(
    monkeypatch: pytest.MonkeyPatch, service: str, settings: type[BaseSettings]
) -> None:
    monkeypatch.setenv(f"{service}_CRASH_AT", "relay.after-send:2")
    monkeypatch.setenv(f"{service}_ENVIRONMENT", "development")
    settings()
    monkeypatch.delenv(f"{service}_ENVIRONMENT")  # production, which need not be said
    with pytest.raises(ValidationError) as refused:
        settings()
    assert [fault["loc"] for fault in refused.value.errors()] == [("crash_at",)]


def test_a_point_costs_nothing_to_speak_of() -> None:
    point = care_platform.crash_points.crash_point
    passings = 100_000
    assert timeit(lambda: point("relay.after-send"), number=passings) / passings < 2e-6


def _work_waits_for(stack: Stack, role: str) -> None:
    """What comes before it on the path has done its part, so that it meets work at its start."""
    for earlier in ("relay", "consume"):
        if earlier == role or role in ("relay", "project"):
            return
        caught_up(stack, earlier)


def _last_words(stack: Stack, role: str) -> str | None:
    """The point that the last line of its log names."""
    said: dict[str, str] = json.loads(stack.log_of(role).splitlines()[-1])
    return said.get("at")


def _counted(whole: Whole, *what: str) -> dict[str, int]:
    return {it: _COUNTS[it](whole) for it in what if it}


def _rows(service: str, of: str) -> Callable[[Whole], int]:
    return lambda whole: whole.stack.count(service, of)


def _number(of: str) -> Callable[[Whole], int]:
    def number(whole: Whole) -> int:
        found: int = whole.stack.rows("episodes", f"SELECT {of} AS n FROM positions")[0]["n"]
        return found

    return number


def _published(whole: Whole) -> int:
    with reading(whole.stack) as (_, ends):
        return sum(ends.values())


_COUNTS: Mapping[str, Callable[[Whole], int]] = MappingProxyType(
    {
        "recorded": _rows("episodes", "command_receipts"),
        "claimed": _number("max(epoch) FILTER (WHERE follower = 'kafka')"),
        "published": _published,
        "relayed": _number("max(position) FILTER (WHERE follower = 'kafka')"),
        "listed": _number("max(position) FILTER (WHERE follower <> 'kafka')"),
        "taken in": _rows("notifications", "seen_events"),
        "leased": _rows("notifications", "deliveries WHERE lease_until IS NOT NULL"),
        "received": lambda whole: len(whole.partner.received),
        "delivered": _rows("notifications", "deliveries WHERE state = 'delivered'"),
    }
)


def _points_of(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crash_point":
            yield ast.literal_eval(node.args[0])
