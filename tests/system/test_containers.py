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
OF_PROJECT = "com.docker.compose.project"


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


@pytest.mark.parametrize("proxy", [False, True], ids=["one API", "two behind the proxy"])
def test_everything_in_containers_walks_a_case_and_leaves_nothing_behind(
    proven: Callable[[str], None], proxy: bool
) -> None:
    project = f"care-{uuid4().hex[:8]}"
    ports = {name: str(free_port()) for name in ("EPISODES_PORT", "NOTIFICATIONS_PORT", "PARTNER_PORT")}
    environment = {**os.environ, **ports, "COMPOSE_PROJECT_NAME": project, "CASE": DEFAULT}
    environment["PROXY"] = str(int(proxy))
    try:
        walked = _run("up", environment)
        answering = {name for name in _containers_of(project) if _has_answered(name)}
        heard = httpx.get(f"http://127.0.0.1:{ports['PARTNER_PORT']}").json()["received"]
    finally:
        _run("down", {**environment, "VOLUMES": "1"})

    assert "not published yet" not in walked
    assert "not delivered yet" not in walked
    told = [int(number) for number in re.findall(r"webhook (\d+) verified", walked)]
    assert told
    assert sorted(webhook["number"] for webhook in heard) == told == list(range(1, len(told) + 1))
    assert len(answering) == 1 + proxy
    assert _left_of(project) == ""
    proven("every role in containers")


def _run(what: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [RUN, what], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def _containers_of(project: str) -> list[str]:
    """Those that run, by name."""
    listing = ["docker", "ps", "--format", "{{.Names}}", "--filter", f"label={OF_PROJECT}={project}"]
    return subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()


def _has_answered(container: str) -> bool:
    """Whether a process of the episodes API runs in it, and has answered callers."""
    if "episodes-api" not in container:
        return False
    ask = (
        "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8000/metrics').read().decode())"
    )
    told = subprocess.run(
        ["docker", "exec", container, "python", "-c", ask], capture_output=True, text=True, check=True
    )
    return re.search(r"^episodes_requests_total{.*route=\"/v1/clients", told.stdout, re.MULTILINE) is not None


def _left_of(project: str) -> str:
    """Containers, networks and volumes, by name."""
    of_project = ["--quiet", "--filter", f"label={OF_PROJECT}={project}"]
    listings = (["ps", "--all"], ["network", "ls"], ["volume", "ls"])
    return "".join(
        subprocess.run(["docker", *listing, *of_project], capture_output=True, text=True, check=True).stdout
        for listing in listings
    )
