"""The issuer's keys rotate while the API runs; while there are none, that is not the caller's fault."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from care_platform.auth.jwks import MADE_FOR_DEVELOPMENT
from tests.service.notifications.http.test_bad_input import assert_problem
from tests.support.notifications.service_process import Api, Notifications
from tests.support.servers.issuer import IssuerServer, answering, jwks, new_key, token
from tests.support.waiting import eventually

OLD, NEW, FOREIGN = new_key(), new_key(), new_key()


@pytest.fixture
def address() -> Iterator[IssuerServer]:
    with IssuerServer(answering(jwks(OLD))) as server:
        yield server


def inbox(api: Api, presented: str) -> httpx.Response:
    return api.call("GET", "/v1/inbox", presented)


def of_staff(key: object, kid: str | None = None) -> str:
    return token(key, kid, role="therapist")  # type: ignore[arg-type]


def test_a_new_key_opens_at_the_first_request_and_a_removed_one_no_longer(
    service: Notifications, address: IssuerServer
) -> None:
    with Api(service, jwks_url=address.url) as api:
        remembered = of_staff(OLD)
        assert inbox(api, remembered).status_code == 200
        address.respond = answering(jwks(NEW))
        assert inbox(api, remembered).status_code == 200
        assert inbox(api, of_staff(NEW)).status_code == 200
        assert_problem(inbox(api, remembered), 401)
        assert address.fetches == 2


def test_made_up_key_names_are_401_and_do_not_flood_the_issuer(
    service: Notifications, address: IssuerServer
) -> None:
    with Api(service, jwks_url=address.url) as api:
        for number in range(100):
            assert_problem(inbox(api, of_staff(FOREIGN, f"made-up-{number}")), 401)
        assert address.fetches == 2
        assert "made-up" not in api.log_until_now


def test_without_the_issuer_the_service_starts_says_why_it_is_not_ready_and_recovers(
    service: Notifications, address: IssuerServer
) -> None:
    address.stop()
    with Api(service, jwks_url=address.url) as api:
        health = api.call("GET", "/health/ready")
        assert health.status_code == 503
        assert health.json()["reason"].startswith("the keys of the token issuer cannot be read: Connection")
        unjudged = inbox(api, of_staff(OLD))
        assert_problem(unjudged, 503)
        assert int(unjudged.headers["retry-after"]) > 0
        assert_problem(api.call("GET", "/v1/inbox"), 401)
        address.start()
        eventually(lambda: api.call("GET", "/health/ready").status_code == 200)
        assert inbox(api, of_staff(OLD)).status_code == 200


def test_an_issuer_that_goes_away_leaves_its_keys_and_their_age_grows(
    service: Notifications, address: IssuerServer
) -> None:
    with Api(service, jwks_url=address.url) as api:
        assert inbox(api, of_staff(OLD)).status_code == 200
        address.stop()
        assert_problem(inbox(api, of_staff(NEW)), 401)
        assert inbox(api, of_staff(OLD)).status_code == 200
        assert api.call("GET", "/health/ready").status_code == 200
        assert "issuer keys not read" in api.log_until_now
        age = age_of_keys(api)
        assert 0 < age < 60
        assert age_of_keys(api) > age


def test_an_emptied_set_of_keys_revokes_them_all_while_the_service_stays_ready(
    service: Notifications, tmp_path: Path
) -> None:
    file = tmp_path / "revoking.json"
    file.write_bytes(jwks(OLD))
    with Api(service, jwks_file=str(file)) as api:
        remembered = of_staff(OLD)
        assert inbox(api, remembered).status_code == 200
        file.write_bytes(jwks())
        eventually(lambda: inbox(api, remembered).status_code == 401)
        assert inbox(api, remembered).json()["errors"][0]["rule"] == "kid-unknown"
        assert api.call("GET", "/health/ready").status_code == 200


def test_at_start_a_service_without_any_key_is_not_ready(service: Notifications, tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_bytes(jwks())
    with Api(service, jwks_file=str(file)) as api:
        health = api.call("GET", "/health/ready")
        assert health.status_code == 503
        assert health.json()["reason"].endswith(": the issuer publishes no key")
        assert_problem(inbox(api, of_staff(OLD)), 503)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (False, "NOTIFICATIONS_JWKS_URL is not set: production needs"),
        (True, "NOTIFICATIONS_JWKS_FILE has a key that was made for development"),
    ],
)
def test_nothing_made_for_development_is_trusted_by_default(
    service: Notifications, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: bool, said: str
) -> None:
    for name in ("ENVIRONMENT", "ALLOW_LOOPBACK", "JWKS_FILE"):
        monkeypatch.delitem(service.environment, f"NOTIFICATIONS_{name}")
    if file:
        made = OKPKey.generate_key("Ed25519", {"kid": f"{MADE_FOR_DEVELOPMENT}1"})
        (tmp_path / "made.json").write_bytes(jwks(made))
        monkeypatch.setitem(service.environment, "NOTIFICATIONS_JWKS_FILE", str(tmp_path / "made.json"))
    ended = service.command("api")
    assert ended.returncode != 0
    assert ended.stderr.splitlines()[-1].startswith(said)


def test_in_production_an_issuer_without_https_is_refused_at_start(
    service: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service.environment, "NOTIFICATIONS_ENVIRONMENT", "production")
    monkeypatch.setitem(service.environment, "NOTIFICATIONS_ALLOW_LOOPBACK", "false")
    monkeypatch.setitem(service.environment, "NOTIFICATIONS_JWKS_URL", "http://127.0.0.1/keys")
    ended = service.command("api")
    assert ended.returncode == 2
    assert ended.stderr.startswith("NOTIFICATIONS_JWKS_URL: Value error, must be an https address")


def age_of_keys(api: Api) -> float:
    shown = api.call("GET", "/metrics").text
    return next(
        float(line.split()[1])
        for line in shown.splitlines()
        if line.startswith("notifications_issuer_keys_age_seconds ")
    )
