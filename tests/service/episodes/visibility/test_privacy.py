"""No clinical word leaves by a log, a metric, a problem document or the feed: a canary in each text field."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest

from episodes.api.app import create_app
from episodes.domain.vocabulary import COMMANDS
from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import CANARY, TOLD, bearer, consent, partner_token, record, tell
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

DOCUMENT: dict[str, Any] = create_app().openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def with_canaries(schema: dict[str, Any], example: Any) -> Any:
    """The example with a canary in each field that takes free text, also in those the example leaves out."""
    schema = _resolved(schema, example)
    match schema.get("type"):
        case "object":
            filled = dict(example) if isinstance(example, dict) else {}
            for name, part in schema["properties"].items():
                if name == "added":
                    continue  # it may hold only what the entry had left out
                if name in filled or name in schema.get("required", ()) or _is_text(part):
                    filled[name] = with_canaries(part, filled.get(name))
            return filled
        case "array":
            return [with_canaries(schema["items"], one) for one in example or ()]
        case "string" if _is_text(schema):
            return f"{CANARY} {uuid4()}"
        case _:
            return example


def _resolved(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    if "discriminator" in schema:
        schema = {"$ref": schema["discriminator"]["mapping"][example["of"]]}
    if "$ref" in schema:
        return _resolved(SCHEMAS[schema["$ref"].rpartition("/")[2]], example)
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return _resolved(options[0]) if options else schema


def _is_text(schema: dict[str, Any]) -> bool:
    schema = _resolved(schema)
    bounded = schema.get("maxLength", 0) >= 100
    return schema.get("type") == "string" and bounded and "format" not in schema and "enum" not in schema


NAMES = {step.resource: f"{step.fact.__name__}Command" for step in COMMANDS}


class Served(NamedTuple):
    service: Service
    api: Api
    told: Story


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("privacy")) as (service, api):
        yield Served(service, api, tell(api, spoken))


def spoken(resource: str, body: Any) -> Any:
    return with_canaries(SCHEMAS[NAMES[resource]], body)


def outside(served: Served) -> dict[str, str]:
    """Everything operators and other services can read."""
    http = served.api.http
    return {
        "log": served.api.log_until_now,
        "metrics": http.get("/metrics").text,
        "feed": http.get("/v1/feed", params={"limit": 1_000}).text,
        "health": http.get("/health/ready").text,
    }


def hits(served: Served, *secrets: str) -> list[tuple[str, str]]:
    return [
        (place, secret) for place, text in outside(served).items() for secret in secrets if secret in text
    ]


def test_the_record_itself_holds_every_canary(served: Served) -> None:
    """Else the other tests would prove nothing."""
    whole = served.api.http.get(f"{served.told.path}/history").text
    sent = sum(json.dumps(spoken(resource, EXAMPLES[NAMES[resource]])).count(CANARY) for resource in TOLD)
    assert sent > 40
    assert whole.count(CANARY) >= sent * 0.8


def test_what_was_recorded_is_in_no_log_metric_or_feed(served: Served) -> None:
    for resource, identifier, entry in (
        ("clients", uuid4(), "ClientIdentity"),
        ("staff", uuid4(), "Staff"),
        ("partners", uuid4(), "Partner"),
    ):
        body = with_canaries(SCHEMAS[entry], EXAMPLES[entry])
        assert CANARY in json.dumps(body)
        assert served.api.http.put(f"/v1/{resource}/{identifier}", json=body).status_code == 204
    assert hits(served, CANARY) == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith("Command")])
def test_what_was_refused_is_neither_logged_nor_quoted(served: Served, name: str) -> None:
    """Every text and number of every body replaced by a canary: nearly every field is wrong at once."""
    step = next(path for path, its in _paths().items() if its == name)
    path = step.format(episode=served.told.path.rpartition("/")[2], about=uuid4(), client=CLIENT)
    spoilt = {**_spoilt(EXAMPLES[name]), "purpose": 7}
    for body in (spoilt, {**EXAMPLES[name], "labels": [CANARY], "purpose": 7}):
        answer = served.api.record(path, body)
        assert answer.status_code == 400, answer.text
        assert CANARY not in answer.text
    assert hits(served, CANARY) == []


def _paths() -> dict[str, str]:
    return {
        path: its["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for path, its in DOCUMENT["paths"].items()
        if "post" in its
    }


def _spoilt(value: Any) -> Any:
    match value:
        case dict():
            return {name: _spoilt(part) for name, part in value.items()}
        case list():
            return [_spoilt(part) for part in value]
        case _:
            return CANARY


def test_paths_queries_headers_and_tokens_are_not_repeated_either(served: Served) -> None:
    http = served.api.http
    headers = {
        "idempotency-key": CANARY,
        "if-match": CANARY,
        "x-correlation-id": CANARY,
        "traceparent": CANARY,
    }
    answers = [
        http.get(f"/v1/episodes/{CANARY}"),
        http.get(f"/{CANARY}"),
        http.get(f"/problems/{CANARY}"),
        http.get("/v1/feed", params={"after": CANARY, CANARY: CANARY}),
        http.get("/v1/clients", params={"identifier": CANARY}),
        http.get("/v1/feed", headers=bearer(CANARY)),
        http.post("/v1/episodes", content=CANARY, headers=headers),
        http.request(CANARY.upper(), "/v1/episodes"),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert CANARY not in answer.text.lower()
    assert hits(served, CANARY) == []


def test_metrics_and_logs_name_no_id_of_a_person_and_metrics_no_id_at_all(served: Served) -> None:
    given = consent(served.api, served.told, "plans")
    served.api.http.get(served.told.path, headers=partner_token(served.service))
    record(served.api, f"{served.told.path}/sharing-consents/{given}/withdrawal", {"by": "client"})
    assert hits(served, CLIENT) == []
    assert [place for place, _ in hits(served, PARTNER, THERAPIST) if place != "feed"] == []
    metrics = served.api.http.get("/metrics").text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", metrics)
    assert "/v1/episodes/{episode}/plans" in metrics
    assert CLINIC not in metrics


def test_a_refusal_is_logged_with_the_correlation_id_it_was_answered_with(served: Served) -> None:
    mine = uuid4()
    answer = served.api.http.get("/v1/episodes/1", headers={"x-correlation-id": str(mine)})
    assert answer.headers["x-correlation-id"] == str(mine)
    eventually(lambda: str(mine) in served.api.log, "the refusal is logged")  # once it was answered
    [line] = [json.loads(line) for line in served.api.log_until_now.splitlines() if str(mine) in line]
    assert (line["status"], line["route"], line["method"]) == (400, "/v1/episodes/{episode}", "GET")
    assert set(line) == {
        "event",
        "level",
        "timestamp",
        "role",
        "method",
        "route",
        "status",
        "duration_ms",
        "correlation_id",
    }


def test_a_correlation_id_is_kept_with_the_event_and_made_when_none_is_given(served: Served) -> None:
    mine, path = uuid4(), f"{served.told.path}/assessments"
    note = {"stage": "midpoint", "history": "x"}
    answer = served.api.record(path, note, headers={"x-correlation-id": str(mine)})
    assert served.api.http.get(answer.headers["location"]).json()["correlation_id"] == str(mine)
    made = [served.api.record(path, note).headers["x-correlation-id"] for _ in range(2)]
    assert len({UUID(one) for one in made}) == 2
