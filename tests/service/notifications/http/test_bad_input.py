"""Bad input: a problem document that names field and rule, repeats no value, and nothing is stored."""

import json
import time
import warnings
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from tests.support.notifications.published_events import PARTNER
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.waiting import PATIENCE, eventually

URL = "https://partner.example/care"
CANARY = "Mrs-Canary-Smith"

BODIES: dict[str, tuple[str, int, str | None]] = {
    "nothing": ("", 400, ""),
    "no JSON": ("{", 400, ""),
    "half a string": (f'{{"url": "{CANARY}', 400, ""),
    "a list": ("[]", 400, ""),
    "null": ("null", 400, ""),
    "no address": ("{}", 400, "/url"),
    "an address that is a number": ('{"url": 5}', 400, "/url"),
    "an address that is a word": (f'{{"url": "{CANARY}"}}', 400, "/url"),
    "an address of another kind": (f'{{"url": "ftp://{CANARY}"}}', 400, "/url"),
    "an address with a line break": (f'{{"url": "{URL}\\n{CANARY}"}}', 400, "/url"),
    "an address with a null character": (f'{{"url": "{URL}\\u0000"}}', 400, "/url"),
    "half a character": (f'{{"url": "{URL}\\ud800"}}', 400, ""),
    "an endless address": (json.dumps({"url": URL + "x" * 3000}), 400, "/url"),
    "an unknown field": (f'{{"url": "{URL}", "{CANARY}": 1}}', 400, None),
    "a huge number": (f'{{"url": "{URL}", "clinics": {"9" * 5000}}}', 400, None),
    "NaN": (f'{{"url": "{URL}", "clinics": NaN}}', 400, "/clinics"),
    "infinity": (f'{{"url": "{URL}", "clinics": Infinity}}', 400, "/clinics"),
    "a clinic that is no id": (f'{{"url": "{URL}", "clinics": ["{CANARY}"]}}', 400, "/clinics/0"),
    "no clinics": (f'{{"url": "{URL}", "clinics": []}}', 400, "/clinics"),
    "an unknown event type": (f'{{"url": "{URL}", "event_types": ["{CANARY}"]}}', 400, "/event_types/0"),
    "an unknown level": (f'{{"url": "{URL}", "level": "{CANARY}"}}', 400, "/level"),
    "the level that is not there yet": (f'{{"url": "{URL}", "level": "full"}}', 400, "/level"),
    "deep nesting": (f'{{"url": {"[" * 50_000}{"]" * 50_000}}}', 400, ""),
    "too many clinics": (json.dumps({"url": URL, "clinics": [str(uuid4())] * 1001}), 400, "/clinics"),
    "too long": (json.dumps({"url": URL, "pad": "x" * 140_000}), 413, None),
    "a user in the address": (f'{{"url": "https://{CANARY}@partner.example/"}}', 422, "/url"),
    "a fragment in the address": (f'{{"url": "{URL}#{CANARY}"}}', 422, "/url"),
    "an address without host": ('{"url": "https:///x"}', 422, "/url"),
    "an impossible port": ('{"url": "https://partner.example:99999/"}', 422, "/url"),
    "an address inside": ('{"url": "https://10.0.0.1/x"}', 422, "/url"),
    "an address inside, by IPv6": ('{"url": "https://[fd00::1]/x"}', 422, "/url"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_body_that_is_not_right_is_refused_by_field_and_rule(
    what: str, api: Api, service: Notifications
) -> None:
    body, status, pointer = BODIES[what]
    token = partner_token(service.issuer, PARTNER)
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", "/v1/subscriptions", token, content=body.encode(), headers=headers)
    assert_problem(answer, status)
    if status in {400, 422}:
        errors = answer.json()["errors"]
        assert all(set(error) == {"pointer", "rule", "detail"} for error in errors)
        assert pointer is None or errors[0]["pointer"] == pointer
    if what != "an unknown field":  # its name is where the fault is
        assert CANARY not in answer.text
    assert CANARY not in api.log_until_now
    assert service.count("subscriptions") == 0


def test_a_number_of_any_length_is_not_echoed(api: Api, service: Notifications) -> None:
    body = f'{{"url": "{URL}", "clinics": [{"9" * 4000}]}}'
    headers = {"Content-Type": "application/json"}
    token = partner_token(service.issuer, PARTNER)
    answer = api.call("POST", "/v1/subscriptions", token, content=body, headers=headers)
    assert_problem(answer, 400)
    assert "999" not in answer.text


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_is_not_called_json_is_not_read(kind: str, api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    body = json.dumps({"url": URL}).encode()
    answer = api.call("POST", "/v1/subscriptions", token, content=body, headers={"Content-Type": kind})
    assert_problem(answer, 415)
    assert service.count("subscriptions") == 0


PATHS: dict[str, tuple[str, int]] = {
    "GET /v1/subscriptions/not-an-id": ("partner", 400),
    "GET /v1/subscriptions/00000000-0000-0000-0000-000000000000": ("partner", 404),
    "DELETE /v1/subscriptions/not-an-id": ("partner", 400),
    "GET /v1/inbox?limit=0": ("therapist", 400),
    "GET /v1/inbox?limit=101": ("therapist", 400),
    "GET /v1/inbox?limit=many": ("therapist", 400),
    "GET /v1/inbox?cursor=nowhere": ("therapist", 400),
    "GET /v1/inbox?cursor=3f2b8f6e-9a77-4d0e-8a53-2b7b1d1c7a10": ("therapist", 400),
    "GET /v1/inbox?acknowledged=perhaps": ("therapist", 400),
    "GET /v1/inbox?unknown=1": ("therapist", 400),
    "POST /v1/inbox/not-an-id/acknowledgement": ("therapist", 400),
    "POST /v1/inbox/00000000-0000-0000-0000-000000000000/acknowledgement": ("therapist", 404),
    "PUT /v1/inbox": ("therapist", 405),
    "GET /v1/elsewhere": ("therapist", 404),
    "GET /problems/unheard-of": ("therapist", 404),
    "GET /docs": ("therapist", 404),
}


@pytest.mark.parametrize("request_line", PATHS)
def test_an_address_or_parameter_that_is_not_right_is_refused(
    request_line: str, api: Api, service: Notifications
) -> None:
    role, status = PATHS[request_line]
    method, path = request_line.split(" ")
    token = service.issuer.token(role, organisation=PARTNER, clinics=[uuid4()])
    assert_problem(api.call(method, path, token), status)


@pytest.mark.parametrize(
    ("request_line", "allowed"),
    [
        ("PUT /v1/subscriptions", "GET, HEAD, POST"),
        ("POST /v1/subscriptions/{id}", "GET, HEAD, DELETE"),
        ("DELETE /v1/inbox", "GET, HEAD"),
    ],
)
def test_a_method_that_is_none_here_is_told_all_that_are(request_line: str, allowed: str, api: Api) -> None:
    method, path = request_line.format(id=uuid4()).split(" ")
    answer = api.call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=99999999999999999999", "limit=0", "limit=1e3", "x=1"]
)
@pytest.mark.parametrize("what", ["deliveries", "events"])
def test_a_number_to_begin_after_that_is_none_is_refused(
    what: str, query: str, api: Api, service: Notifications
) -> None:
    token = partner_token(service.issuer, PARTNER)
    made = api.call("POST", "/v1/subscriptions", token, json={"url": URL}).json()
    assert_problem(api.call("GET", f"/v1/subscriptions/{made['id']}/{what}?{query}", token), 400)


def test_a_token_is_refused_once_it_expires_though_it_was_accepted(api: Api, service: Notifications) -> None:
    claims = service.issuer.claims("therapist")
    token = service.issuer.sign(claims | {"exp": int(time.time()) - 29})
    assert api.call("GET", "/v1/inbox", token).status_code == 200
    deadline = time.monotonic() + 10 * PATIENCE
    while api.call("GET", "/v1/inbox", token).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_token_signed_by_rsa_is_accepted_when_its_key_is_among_the_issuers(service: Notifications) -> None:
    key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
    jwks = service.issuer.directory / "rsa.json"
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    token = _sign(key, {"alg": "RS256", "kid": key.kid}, service.issuer.claims("therapist"))
    with Api(service, jwks_file=str(jwks)) as api:
        assert api.call("GET", "/v1/inbox", token).status_code == 200
        jwks.write_text(service.issuer.jwks_file.read_text())
        eventually(lambda: api.call("GET", "/v1/inbox", token).status_code == 401)
        jwks.unlink()
        assert api.call("GET", "/v1/inbox", service.issuer.token("therapist")).status_code == 200


def test_production_takes_https_addresses_only(service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    with Api(service, environment="production", allow_loopback="false") as api:
        for url in ("http://partner.example/x", "https://127.0.0.1/x"):
            answer = api.call("POST", "/v1/subscriptions", token, json={"url": url})
            assert_problem(answer, 422)
        assert api.call("POST", "/v1/subscriptions", token, json={"url": URL}).status_code == 201


def assert_problem(answer: Any, status: int) -> None:
    """A problem document of the closed list, whose type can be looked up."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    assert document["correlation_id"] == answer.headers["x-correlation-id"]


def _sign(key: Any, header: dict[str, Any], claims: dict[str, Any]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(header, claims, key, algorithms=["EdDSA", "HS256", "RS256"])


@pytest.mark.parametrize(
    ("query", "where"),
    [
        *(
            (f"limit={text}", "/query/limit")
            for text in ("1.0", "%201", "%2B1", "1_0", "", "0", "101", "%D9%A3")
        ),
        *((f"acknowledged={text}", "/query/acknowledged") for text in ("yes", "on", "1", "True")),
        *((f"cursor={text}", "/query/cursor") for text in ("x", UUID(int=1).hex, f"urn:uuid:{UUID(int=1)}")),
        ("limit=1&limit=2", "/query/limit"),
        ("acknowledged=true&acknowledged=false", "/query/acknowledged"),
        ("sort=asc", "/query"),
    ],
)
def test_a_parameter_is_read_strictly_and_once(
    api: Api, service: Notifications, query: str, where: str
) -> None:
    answer = api.call("GET", f"/v1/inbox?{query}", service.issuer.token("therapist"))
    assert answer.status_code == 400, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [where]


def test_a_parameter_that_would_do_nothing_is_refused(api: Api, service: Notifications) -> None:
    token = partner_token(service.issuer, PARTNER)
    for path in (f"/v1/subscriptions?partner={PARTNER}", f"/v1/subscriptions/{PARTNER}?full=1"):
        assert api.call("GET", path, token).status_code in (400, 404)
    assert api.call("GET", f"/v1/subscriptions?partner={PARTNER}", token).status_code == 400
