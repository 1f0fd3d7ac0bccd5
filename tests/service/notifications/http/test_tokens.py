"""The table of tokens, shown to the notifications API: what is refused, what is taken."""

import json
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.service_process import Api, Issuer, Notifications
from tests.support.servers.postgres import Database
from tests.support.token_attacks import (
    ACCEPTED,
    ATTACKS,
    NO_BEARER_TOKEN,
    accepted,
    attacks,
    claims,
    signed,
)
from tests.support.token_keys import published
from tests.support.token_refusals import broken, challenge, logged_reason, why_none

DOORS = (("GET", "/v1/inbox"), ("GET", "/v1/subscriptions"), ("POST", f"/v1/inbox/{uuid4()}/acknowledgement"))


@pytest.fixture(scope="module")
def api(
    migrated: Database,
    issuer: Issuer,
    episodes_server: EpisodesService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Api]:
    """An API whose issuer has the keys of the table."""
    keys = tmp_path_factory.mktemp("table") / "jwks.json"
    keys.write_text(json.dumps({"keys": published()}))
    service = Notifications(migrated, tmp_path_factory.mktemp("tokens"), issuer, episodes_server.url)
    with Api(service, jwks_file=str(keys)) as api:
        yield api


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_right_is_401_on_every_door_and_never_repeated(api: Api, attack: str) -> None:
    token, why = attacks(int(time.time()))[attack]
    for method, path in DOORS:
        answer = api.client.request(method, path, headers={b"authorization": f"Bearer {token}".encode()})
        assert answer.status_code == 401, (attack, answer.text)
        assert answer.json()["type"] == "/problems/unauthenticated"
        assert answer.headers["www-authenticate"] == challenge(why)
        assert answer.json()["errors"] == [broken(why)]
        assert token not in answer.text
    assert logged_reason(api.log_until_now) == why


@pytest.mark.parametrize("what", ACCEPTED)
def test_a_token_that_is_right_is_taken_on_every_door(api: Api, what: str) -> None:
    token = accepted(int(time.time()))[what]
    for method, path in DOORS:
        answer = api.client.request(method, path, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 403, 404), answer.text


@pytest.mark.parametrize("authorization", NO_BEARER_TOKEN)
def test_what_is_no_bearer_token_is_401(api: Api, authorization: str) -> None:
    answer = api.client.get("/v1/inbox", headers={"authorization": authorization})
    assert answer.status_code == 401
    why = why_none(authorization)
    assert answer.json()["errors"] == [broken(why)]
    assert answer.headers["www-authenticate"] == challenge(why)


def test_a_token_beside_another_is_not_read(api: Api) -> None:
    token = f"Bearer {signed(claims(int(time.time())))}"
    answer = api.client.get("/v1/inbox", headers=[("authorization", token), ("authorization", token)])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/headers/authorization"


def test_the_scheme_is_read_in_any_letter_case(api: Api) -> None:
    token = signed(claims(int(time.time())))
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = api.client.get("/v1/inbox", headers={"authorization": f"{scheme} {token}"})
        assert answer.status_code == 200
