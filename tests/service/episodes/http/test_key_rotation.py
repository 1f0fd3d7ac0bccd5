"""The issuer's keys rotate while the API runs; while there are none, that is not the caller's fault."""

import base64
import hmac
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from episodes.http.examples import EXAMPLES
from tests.support.databases import episodes_database
from tests.support.episodes.api_process import Api, Service, fill_directory
from tests.support.episodes.http_calls import bearer, refused
from tests.support.servers.issuer import IssuerServer, answering, jwks, new_key, token
from tests.support.servers.postgres import PostgresServer
from tests.support.token_keys import b64, document
from tests.support.waiting import eventually

OLD, NEW, FOREIGN = new_key(), new_key(), new_key()


@pytest.fixture(scope="module")
def service(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    database = episodes_database(postgres)
    service = Service(database, tmp_path_factory.mktemp("rotation"))
    yield service
    service.close()


@pytest.fixture
def issuer() -> Iterator[IssuerServer]:
    with IssuerServer(answering(jwks(OLD))) as server:
        yield server


@contextmanager
def running(service: Service, **settings: str) -> Iterator[Api]:
    api = service.start(**settings)
    api.http.headers.update(bearer(token(OLD)))
    try:
        yield api
    finally:
        api.close()


def feed(api: Api, presented: str) -> httpx.Response:
    return api.http.get("/v1/feed", headers=bearer(presented))


def test_a_new_key_opens_at_the_first_request_and_a_removed_one_no_longer(
    service: Service, issuer: IssuerServer
) -> None:
    with running(service, jwks_url=issuer.url) as api:
        fill_directory(api)
        api.opened()
        remembered = token(OLD)
        assert feed(api, remembered).status_code == 200
        issuer.respond = answering(jwks(NEW))
        assert feed(api, remembered).status_code == 200
        opened = api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"], headers=bearer(token(NEW)))
        assert opened.status_code == 201
        refused(feed(api, remembered), 401, "unauthenticated")
        assert feed(api, token(NEW)).status_code == 200
        assert issuer.fetches == 2


def test_made_up_key_names_are_401_and_do_not_flood_the_issuer(
    service: Service, issuer: IssuerServer
) -> None:
    with running(service, jwks_url=issuer.url) as api:
        for number in range(100):
            refused(feed(api, token(FOREIGN, f"made-up-{number}")), 401, "unauthenticated")
        assert issuer.fetches == 2
        assert "made-up" not in api.log_until_now


def test_public_keys_from_an_address_are_no_secrets_to_sign_with(
    service: Service, issuer: IssuerServer
) -> None:
    body = token(OLD).split(".")[1]
    public = str(OLD.as_dict(private=False)["x"])
    with running(service, jwks_url=issuer.url) as api:
        assert feed(api, token(OLD)).status_code == 200
        for secret in (base64.urlsafe_b64decode(public + "="), public.encode(), jwks(OLD)):
            head = f"{b64(document({'alg': 'HS256', 'kid': OLD.kid}))}.{body}"
            forged = b64(hmac.digest(secret, head.encode(), "sha256"))
            refused(feed(api, f"{head}.{forged}"), 401, "unauthenticated")
        unsigned = f"{b64(document({'alg': 'none', 'kid': OLD.kid}))}.{body}."
        refused(feed(api, unsigned), 401, "unauthenticated")


def test_without_the_issuer_the_service_starts_says_why_it_is_not_ready_and_recovers(
    service: Service, issuer: IssuerServer
) -> None:
    issuer.stop()
    with running(service, jwks_url=issuer.url) as api:
        health = api.http.get("/health/ready")
        assert health.status_code == 503
        assert health.json()["reason"].startswith("the keys of the token issuer cannot be read: Connection")
        unjudged = feed(api, token(OLD))
        refused(unjudged, 503, "unavailable")
        assert int(unjudged.headers["retry-after"]) > 0
        refused(httpx.get(f"{api.url}/v1/feed"), 401, "unauthenticated")
        issuer.start()
        eventually(api.ready, "it is ready")
        assert feed(api, token(OLD)).status_code == 200


def test_an_issuer_that_goes_away_leaves_its_keys_and_their_age_grows(
    service: Service, issuer: IssuerServer
) -> None:
    with running(service, jwks_url=issuer.url) as api:
        assert feed(api, token(OLD)).status_code == 200
        issuer.stop()
        refused(feed(api, token(NEW)), 401, "unauthenticated")
        assert feed(api, token(OLD)).status_code == 200
        assert api.ready()
        assert "issuer keys not read" in api.log_until_now
        age = age_of_keys(api)
        assert 0 < age < 60
        assert age_of_keys(api) > age


def test_a_file_of_keys_that_is_replaced_is_read_again(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "rotating.json"
    file.write_bytes(jwks(OLD))
    with running(service, jwks_file=str(file)) as api:
        remembered = token(OLD)
        assert feed(api, remembered).status_code == 200
        file.write_bytes(jwks(NEW))
        assert feed(api, token(NEW)).status_code == 200
        refused(feed(api, remembered), 401, "unauthenticated")


def test_an_emptied_set_of_keys_revokes_them_all_while_the_service_stays_ready(
    service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "revoking.json"
    file.write_bytes(jwks(OLD))
    with running(service, jwks_file=str(file)) as api:
        remembered = token(OLD)
        assert feed(api, remembered).status_code == 200
        file.write_bytes(jwks())
        eventually(lambda: feed(api, remembered).status_code == 401, "the token is refused")
        assert refused(feed(api, remembered), 401, "unauthenticated")["errors"][0]["rule"] == "kid-unknown"
        assert api.ready()
        file.write_bytes(jwks(NEW))
        eventually(lambda: feed(api, token(NEW)).status_code == 200, "a new key is taken")


def test_at_start_a_service_without_any_key_is_not_ready(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_bytes(jwks())
    with running(service, jwks_file=str(file)) as api:
        health = api.http.get("/health/ready")
        assert (health.status_code, health.json()["reason"].rpartition(": ")[2]) == (
            503,
            "the issuer publishes no key",
        )
        refused(feed(api, token(OLD)), 503, "unavailable")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "EPISODES_DATABASE_URL is not set"),
        ({"DATABASE_URL": "postgresql://127.0.0.1"}, "EPISODES_JWKS_URL is not set: production needs"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1", "JWKS_FILE": "made"},
            "EPISODES_JWKS_FILE has a key that was",
        ),
    ],
)
def test_nothing_made_for_development_is_trusted_by_default(
    service: Service, settings: dict[str, str], said: str
) -> None:
    named = {f"EPISODES_{name}": value for name, value in settings.items()}
    if "JWKS_FILE" in settings:
        named["EPISODES_JWKS_FILE"] = str(service.jwks_file)
    ended = ending("api", named)
    assert ended.returncode != 0
    assert ended.stderr.splitlines()[-1].startswith(said)


def test_production_issues_no_token() -> None:
    ended = ending("token", {}, "issue", "--role", "service")
    assert ended.returncode != 0
    assert ended.stderr.startswith("production takes tokens from its identity provider")
    assert not ended.stdout


def test_in_production_an_issuer_without_https_is_refused_at_start() -> None:
    ended = ending("api", {"EPISODES_JWKS_URL": "http://127.0.0.1/keys"})
    assert ended.returncode != 0
    assert ended.stderr.startswith("EPISODES_JWKS_URL: Value error, must be an https address")


def ending(role: str, settings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """What comes of a role that ends at once, in the environment that is the default."""
    return subprocess.run(
        [sys.executable, "-m", "episodes", role, *words],
        env={name: value for name, value in os.environ.items() if not name.startswith("EPISODES_")}
        | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def age_of_keys(api: Api) -> float:
    shown = api.http.get("/metrics").text
    return next(
        float(line.split()[1])
        for line in shown.splitlines()
        if line.startswith("episodes_issuer_keys_age_seconds ")
    )
