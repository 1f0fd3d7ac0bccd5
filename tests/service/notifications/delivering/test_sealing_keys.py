"""The key that seals secrets of subscriptions changes under way; a missing one costs no attempt."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from care_platform.clock_drift import ClockDrift
from notifications.delivering.outbox import PostgresOutbox
from notifications.delivering.secret_sealing import Sealing
from notifications.postgres.connections import Database, connect
from tests.support.databases import notifications_database
from tests.support.jumping_clock import true_time
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import PROVED, Lane, service_update
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Issuer, Notifications, partner_token
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

LEASE = timedelta(milliseconds=100)


@pytest.fixture
def service(postgres: PostgresServer, tmp_path: Path, episodes: EpisodesService) -> Notifications:
    """With a database and keys of its own: both change."""
    return Notifications(notifications_database(postgres), tmp_path, Issuer(tmp_path), episodes.url)


@pytest.fixture
def api(service: Notifications) -> Iterator[Api]:
    with Api(service) as api:
        yield api


def subscribed(api: Api, service: Notifications, partner: UUID) -> str:
    """A new subscription of this partner, its address proved. Returns its secret."""
    token = partner_token(service.issuer, partner)
    made = api.call("POST", "/v1/subscriptions", token, json={"url": f"https://partner.example/{uuid4()}"})
    assert made.status_code == 201, made.text
    service_update(service, made.json()["id"], PROVED)
    secret: str = made.json()["secret"]
    return secret


def keys_of(service: Notifications) -> Path:
    return Path(service.environment["NOTIFICATIONS_KEYS_DIR"])


def told(service: Notifications, *words: str, code: int = 0) -> str:
    done = service.command("keys", *words)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def opened(service: Notifications) -> dict[UUID, str | None]:
    """Each partner's secret, as a process opens it that starts now."""
    sealing = Sealing(keys_of(service), may_create=False)
    rows: list[dict[str, Any]] = service.rows("SELECT * FROM subscriptions")
    return {
        row["partner_id"]: sealing.open(row["secret"], row["network_id"], row["subscription_id"])
        for row in rows
    }


def test_secrets_made_before_during_and_after_a_change_of_the_key_are_kept(
    service: Notifications, api: Api
) -> None:
    partners = [uuid4() for _ in range(4)]
    secrets = {partner: subscribed(api, service, partner) for partner in partners[:2]}
    told(service, "add")
    secrets[partners[2]] = subscribed(api, service, partners[2])
    assert "3 of 3" in told(service, "rotate")
    secrets[partners[3]] = subscribed(api, service, partners[3])
    assert {row["sealed_by"] for row in service.rows("SELECT sealed_by FROM subscriptions")} == {1}
    told(service, "retire", "0")
    (keys_of(service) / "subscription-secrets.key").unlink()
    assert opened(service) == secrets
    assert "1" in told(service, "retire", "1", code=1)


async def test_a_process_without_the_key_names_it_and_makes_no_attempt_until_it_is_there(
    service: Notifications, api: Api, tmp_path: Path
) -> None:
    partner, elsewhere = uuid4(), tmp_path / "elsewhere"
    secret = subscribed(api, service, partner)
    shutil.copytree(keys_of(service), elsewhere)
    told(service, "add")
    told(service, "rotate")
    care = Care()
    async with await connect(service.database.url("consume")) as db:
        await Lane(db, name=f"feed/{uuid4()}").take(care.shared_with(partner), care.session())
    with Api(service, keys_dir=str(elsewhere)) as other:
        answer = other.call("GET", "/health/ready")
        assert (answer.status_code, answer.json()["reason"].split()[0]) == (503, "subscription-secrets.1.key")
        token = partner_token(service.issuer, partner)
        refused = other.call("POST", "/v1/subscriptions", token, json={"url": "https://partner.example/2"})
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
        async with Database(service.database.url("deliver"), 2) as database:
            outbox = PostgresOutbox(database, Sealing(elsewhere), LEASE, ClockDrift(true_time))
            assert await outbox.claim(["demo"], 10) == []
            assert service.count("attempts") == 0
            shutil.copy2(keys_of(service) / "subscription-secrets.1.key", elsewhere)
            eventually(lambda: service.count("deliveries", "lease_until < now()") == 1)
            (claimed,) = await outbox.claim(["demo"], 10)
        assert (claimed.secret, claimed.attempts) == (secret, 0)
        assert other.call("GET", "/health/ready").status_code == 200
