"""A log that cannot be written: a full disk, a pipe whose reader has gone, a pipe that nobody reads."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

import httpx
import pytest

from tests.faults.checks import all_is_well, drained, subscribed
from tests.support.load import Load, client_of
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import ROLES, Stack
from tests.support.waiting import PATIENCE

ENDS_WITHIN = 8.0
"""Seconds: the answers that are under way, and the one that a log may take at the end."""
PAGE = 4096
Where = Literal["full disk", "reader gone", "nobody reads"]


class Silenced(Stack):
    """Every role writes its log where nothing can be written."""

    where: Where
    readers: list[int]

    def log_file(self, role: str) -> IO[bytes]:
        if self.where == "full disk":
            return Path("/dev/full").open("wb")
        reader, writer = os.pipe()
        if self.where == "reader gone":
            os.close(reader)
        else:
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PAGE)
            os.write(writer, b"\n" * PAGE)
            self.readers.append(reader)
        return os.fdopen(writer, "wb", buffering=0)

    def log_of(self, role: str) -> str:
        return "(written nowhere)"


@pytest.fixture(params=["full disk", "reader gone", "nobody reads"])
def silenced(
    request: pytest.FixtureRequest, postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path
) -> Iterator[Silenced]:
    stack = Silenced(postgres, kafka, tmp_path)
    stack.where, stack.readers = request.param, []
    with stack:
        yield stack
    for reader in stack.readers:
        os.close(reader)


@pytest.mark.timeout(300)
def test_whatever_becomes_of_its_log_a_role_works_and_ends_when_told(silenced: Silenced) -> None:
    stack = silenced
    with client_of(stack) as http, subscribed(stack) as partner:
        load = Load(lambda: http, callers=2)
        load.prepare(episodes=2)
        with load:
            load.goes_on_for(40)
            _each_is_refused_often(stack)
        drained(stack)
        all_is_well(stack, load, partner)
        assert {role: stack.exit_code(role) for role in ROLES} == dict.fromkeys(ROLES)
        dropped = httpx.get(f"{stack.url('api')}/metrics").text.split("episodes_log_lines_dropped_total ")[-1]
        assert stack.where == "nobody reads" or float(dropped.split()[0]) > 0
    codes = {role: stack.terminate(role, ENDS_WITHIN * PATIENCE) for role in ROLES}
    assert codes == dict.fromkeys(ROLES, 0)


def _each_is_refused_often(stack: Stack) -> None:
    """Each refusal is a line."""
    for role in ("api", "notifications"):
        with httpx.Client(base_url=stack.url(role), timeout=10 * PATIENCE) as anybody:
            for _ in range(50):
                assert anybody.get("/v1/inbox").status_code in (401, 404)
