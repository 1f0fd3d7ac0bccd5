"""Every connection to the database is dead and nothing says so: each role notices, and works again."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.faults.checks import (
    caught_up,
    each_command_is_stored_once,
    each_session_was_told_once,
    subscribed,
)
from tests.faults.proxy import Proxy
from tests.support.load import Load, client_of
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import eventually

FOLLOWING = ("project", "consume", "deliver")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_each_role_notices_and_works_again(
    postgres: PostgresServer, tmp_path: Path, opened: ExitStack
) -> None:
    stack = Stack(postgres, None, tmp_path)
    opened.callback(stack.__exit__)
    ways = started(stack, opened)
    http = opened.enter_context(client_of(stack))
    load = Load(lambda: http)
    load.prepare(1)
    partner = opened.enter_context(subscribed(stack))
    with load:
        load.goes_on_for(20)
    for role in FOLLOWING:
        caught_up(stack, role)

    for way in ways.values():
        way.forget()
    with load:
        for role, way in ways.items():
            eventually(partial(_given_up, stack, way), f"{role} has given up what is dead", within=60)
        load.goes_on_for(20)
    for role in FOLLOWING:
        caught_up(stack, role)
    each_command_is_stored_once(lambda query: stack.rows("episodes", query), load)
    each_session_was_told_once(stack, partner)


def started(stack: Stack, opened: ExitStack) -> Mapping[str, Proxy]:
    """Start each role but the relay on a way of its own to the database."""
    ways: dict[str, Proxy] = {}
    for role, (service, process) in ROLES.items():
        if role == "relay":
            continue
        database = stack.episodes if service == "episodes" else stack.notifications
        ways[role] = opened.enter_context(Proxy(database.url(process)))
        stack.start(role, **{f"{service.upper()}_DATABASE_URL": ways[role].url})
    for api in ("api", "notifications"):
        stack.until_ready(api)
    return ways


def _given_up(stack: Stack, way: Proxy) -> bool:
    """Whether it has closed what was forgotten; some end for it, and are started again. Each API is asked
    whether it is ready, as whoever runs it does.
    """
    stack.restart_dead()
    for api in ("api", "notifications"):
        with suppress(httpx.TransportError):
            httpx.get(f"{stack.url(api)}/health/ready", timeout=5)
    return way.forgotten == 0
