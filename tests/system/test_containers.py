"""The public images carry the whole: PostgreSQL 15 and Kafka from their own, every role from ours."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from demo.checking import read_script
from demo.commands import commands_of
from demo.scripts import DEFAULT
from tests.support.servers.containers import ContainerKafka, ContainerPostgres
from tests.support.servers.discovery import CHECKOUT
from tests.support.servers.kafka import free_port
from tests.support.stack import Stack, bearer
from tests.system.walking import Walk

pytestmark = [pytest.mark.containers, pytest.mark.timeout(900)]

RUN = CHECKOUT / "deploy" / "containers" / "run"


@pytest.fixture
def stack(tmp_path: Path, proven: Callable[[str], None]) -> Iterator[Stack]:
    """The roles of this checkout, on servers in containers."""
    with (
        closing(ContainerPostgres()) as postgres,
        closing(ContainerKafka()) as kafka,
        Stack(postgres, kafka, tmp_path) as running,
    ):
        proven(postgres.description)
        proven(kafka.description)
        yield running


def test_a_command_recorded_on_the_oldest_postgres_reaches_the_topic(stack: Stack) -> None:
    walk = Walk(stack, DEFAULT)
    walk.introduce()
    opening = commands_of(
        read_script(DEFAULT, walk.setting), walk.setting, walk.client, datetime.now(UTC).date()
    )[0]
    headers = bearer(stack.token("service"), opening.key)
    answer = httpx.post(f"{stack.url('api')}/v1/episodes", json=opening.body_with({}), headers=headers)
    walk.close()

    assert answer.status_code == 201, answer.text
    [line] = stack.broker.console_consumer(stack.topic, 1)
    assert f"ce_id:{answer.json()['events'][0]['id']}" in line


def test_everything_in_containers_walks_a_case_and_leaves_nothing_behind(
    proven: Callable[[str], None],
) -> None:
    project = f"care-{uuid4().hex[:8]}"
    ports = {name: str(free_port()) for name in ("EPISODES_PORT", "NOTIFICATIONS_PORT", "PARTNER_PORT")}
    environment = {**os.environ, **ports, "COMPOSE_PROJECT_NAME": project, "CASE": DEFAULT}
    try:
        walked = _run("up", environment)
        heard = httpx.get(f"http://127.0.0.1:{ports['PARTNER_PORT']}").json()["received"]
    finally:
        _run("down", {**environment, "VOLUMES": "1"})

    assert "not published yet" not in walked
    assert "not delivered yet" not in walked
    told = [int(number) for number in re.findall(r"webhook (\d+) verified", walked)]
    assert told
    assert sorted(webhook["number"] for webhook in heard) == told == list(range(1, len(told) + 1))
    assert _left_of(project) == ""
    proven("every role in containers")


def _run(what: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [RUN, what], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _left_of(project: str) -> str:
    """Containers, networks and volumes, by name."""
    of_project = ["--quiet", "--filter", f"label=com.docker.compose.project={project}"]
    listings = (["ps", "--all"], ["network", "ls"], ["volume", "ls"])
    return "".join(
        subprocess.run(["docker", *listing, *of_project], capture_output=True, text=True, check=True).stdout
        for listing in listings
    )
