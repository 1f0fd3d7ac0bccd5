"""What an administrator sets by default for a database or a role changes nothing of what both services do."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLIENT, CLINIC, PARTNER
from tests.faults.checks import drained, subscribed
from tests.support.effort import usually
from tests.support.load import Load, client_of, session_body
from tests.support.servers.administrator import HOSTILE, set_by_default
from tests.support.servers.kafka import KafkaBroker
from tests.support.servers.postgres import PostgresServer
from tests.support.stack import Stack, bearer
from tests.support.waiting import eventually

IDENTITY = {"name": "Łukasz 王 \\ O'Neil"}
TOGETHER = {"all of them": HOSTILE}
EACH = {name: {name: value} for name, value in HOSTILE.items()}


@pytest.mark.parametrize("settings", usually(TOGETHER, TOGETHER | EACH).values(), ids="-".join)
def test_from_a_command_to_the_webhook_all_is_as_ever(
    postgres: PostgresServer, kafka: KafkaBroker, tmp_path: Path, settings: Mapping[str, str]
) -> None:
    with ExitStack() as opened:
        stack = Stack(postgres, kafka, tmp_path)
        for database in (stack.episodes, stack.notifications):
            opened.enter_context(set_by_default(database, settings))
        opened.enter_context(stack)
        partner = opened.enter_context(subscribed(stack))
        care = opened.enter_context(client_of(stack))
        load = Load(lambda: care)
        load.prepare(1)
        load.record(f"{load.episodes[0]}/sessions", session_body())
        drained(stack)
        assert len(partner.received) == 1
        assert stack.count("notifications", "parked") == 0
        assert len(care.get("/v1/feed").json()["events"]) == 3
        assert len(care.get("/v1/episodes", params={"clinic": CLINIC}).json()["episodes"]) == 1
        known_as_written(care)
        assert len(seen_by_the_partner(stack)) == 1
        eventually(lambda: all(care.get("/health/ready").status_code == 200 for _ in range(3)))


def known_as_written(care: httpx.Client) -> None:
    """An identity comes back as it was put, and is replaced on its version."""
    client = f"/v1/clients/{uuid4()}"
    assert care.put(client, json=IDENTITY).status_code == 204
    read = care.get(client)
    assert read.json()["name"] == IDENTITY["name"]
    changed = care.put(client, json={"name": "王"}, headers={"If-Match": read.headers["etag"]})
    assert changed.status_code == 204
    assert care.get(f"/v1/clients/{CLIENT}").status_code == 200


def seen_by_the_partner(stack: Stack) -> list[dict[str, Any]]:
    """What the partner's subscriptions are, with the deliveries that each was sent."""
    token = stack.token("partner", subject=UUID(PARTNER), organisation=UUID(PARTNER))
    answer = httpx.get(f"{stack.url('notifications')}/v1/subscriptions", headers=bearer(token))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["subscriptions"]
    return found
