"""The table of tokens, shown to the episodes API: what is refused, what is taken."""

import json
import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from episodes.migrate import migrate
from tests.support.episodes.api_process import APP_ROLE, Api, Service
from tests.support.episodes.http_calls import bearer, refused
from tests.support.servers.postgres import PostgresServer
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

DOORS = (("GET", "/v1/feed"), ("POST", "/v1/episodes"), ("GET", f"/v1/episodes/{UUID(int=404)}"))


@pytest.fixture(scope="module")
def api(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API whose issuer has the keys of the table."""
    keys = tmp_path_factory.mktemp("issuer") / "jwks.json"
    keys.write_text(json.dumps({"keys": published()}))
    database = postgres.fresh_database("episodes")
    migrate(database.owner_url, APP_ROLE)
    service = Service(database, tmp_path_factory.mktemp("tokens"))
    try:
        yield service.start(jwks_file=str(keys))
    finally:
        service.close()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_right_is_401_on_every_door_and_never_repeated(api: Api, attack: str) -> None:
    token, why = attacks(int(time.time()))[attack]
    for method, path in DOORS:
        answer = api.http.request(method, path, headers=_shown(token))
        document = refused(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == challenge(why)
        assert document["errors"] == [broken(why)]
        assert token not in answer.text
    assert logged_reason(api.log_until_now) == why


@pytest.mark.parametrize("what", ACCEPTED)
def test_a_token_that_is_right_is_taken_on_every_door(api: Api, what: str) -> None:
    for method, path in DOORS:
        token = accepted(int(time.time()))[what]
        assert api.http.request(method, path, headers=bearer(token)).status_code in (400, 403, 404)


@pytest.mark.parametrize("authorization", NO_BEARER_TOKEN)
def test_what_is_no_bearer_token_is_401(api: Api, authorization: str) -> None:
    answer = api.http.get("/v1/feed", headers={"authorization": authorization})
    document = refused(answer, 401, "unauthenticated")
    why = why_none(authorization)
    assert document["errors"] == [broken(why)]
    assert answer.headers["www-authenticate"] == challenge(why)


def test_a_token_beside_another_is_not_read(api: Api) -> None:
    token = f"Bearer {signed(claims(int(time.time()), role='service'))}"
    answer = api.http.get("/v1/feed", headers=[("authorization", token), ("authorization", token)])
    assert refused(answer, 400, "malformed")["errors"][0]["pointer"] == "/headers/authorization"


def test_the_scheme_is_read_in_any_letter_case(api: Api) -> None:
    token = signed(claims(int(time.time()), role="service"))
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert api.http.get("/v1/feed", headers={"authorization": f"{scheme} {token}"}).status_code == 200


def _shown(token: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {token}".encode()}
