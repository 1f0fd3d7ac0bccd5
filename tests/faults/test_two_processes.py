"""Equal commands at once to two API processes, of which one dies among them."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from signal import SIGKILL
from uuid import UUID, uuid4

import httpx
import psutil
import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import PATIENCE, eventually

FLAG = EXAMPLES["RedFlagRaisedCommand"]
CALLERS = 20
TRIES = 10
"""Rounds in which the other process may record the command first, so that this one has nothing to die of."""
WITHIN = 30.0


@pytest.fixture(scope="module")
def served(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Api]]:
    with serving(postgres, tmp_path_factory.mktemp("two")) as served:
        yield served


@pytest.mark.parametrize("point", ["api.before-commit", "api.after-commit", "api.before-answer"])
def test_twenty_equal_commands_are_one_event_though_a_process_dies_among_them(
    served: tuple[Service, Api], point: str
) -> None:
    service, first = served
    apis = [service.start(crash_at=point), first]
    dying = apis[0].process
    eventually(apis[0].ready, "the second API is ready")
    for _ in range(TRIES):
        path, key = f"{first.opened()}/red-flags", uuid4()
        with ThreadPoolExecutor(CALLERS) as callers:
            asked = [callers.submit(_answered, apis, it % 2, path, key) for it in range(CALLERS)]
            if died := _dies_before_all_are_answered(dying, asked):
                apis[0] = service.start()
            answers = {it.result() for it in asked}
        assert len(answers) == 1, "all callers are told the same, byte for byte"
        stored = "SELECT 1 FROM stored_events WHERE originator_id = %s"
        assert len(service.rows(stored, UUID(path.split("/")[3]))) == 2, "the opening, and one flag"
        if died:
            break
    assert dying.poll() == -SIGKILL


def _dies_before_all_are_answered(process: psutil.Popen, asked: list[Future[bytes]]) -> bool:
    eventually(lambda: process.poll() is not None or all(it.done() for it in asked), "dead, or not to die")
    return process.poll() is not None


def _answered(apis: list[Api], number: int, path: str, key: UUID) -> bytes:
    """What the process now in this place says, asked again until it answers for good."""
    deadline = time.monotonic() + WITHIN * PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = apis[number].record(path, FLAG, key)
        except (httpx.TransportError, RuntimeError):
            time.sleep(0.02)
            continue
        if answer.status_code == 201:
            return answer.content
        assert answer.status_code in (409, 503), answer.text
        time.sleep(0.02)
    raise AssertionError(f"not answered within {WITHIN} s")
