"""Bad input over HTTP: named in a problem document; nothing stored, nothing published, nothing repeated."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLIENT, EXAMPLES, PARTNER
from episodes.http.problems import KINDS, PROBLEMS
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import CANARY, pointers, refused, tell
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer

ASSESSED = EXAMPLES["AssessedCommand"]
KEYED = {"idempotency-key": str(UUID(int=77))}
LIMIT = 128 * 1024


class Served(NamedTuple):
    service: Service
    api: Api
    told: Story

    def stored(self) -> list[dict[str, Any]]:
        """What must not change: the events, receipts and directory, and how far the feed reaches."""
        counted = """SELECT (SELECT count(*) FROM stored_events) events,
            (SELECT count(*) FROM command_receipts) receipts, (SELECT count(*) FROM disclosures) disclosures,
            (SELECT count(*) FROM client_keys) keys,
            (SELECT array_agg(c ORDER BY client_id) FROM clients c)"""
        feed = self.api.http.get("/v1/feed", params={"limit": 1_000}).json()
        return [*self.service.rows(counted), {"next": feed["next"], "published": len(feed["events"])}]


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("bad-input")) as (service, api):
        yield Served(service, api, tell(api))


def malformed(served: Served, answer: httpx.Response, before: object, *where: str) -> None:
    document = refused(answer, 400, "malformed")
    assert set(where) <= set(pointers(document))
    assert served.stored() == before


def assess(served: Served, content: bytes | str, **headers: str) -> httpx.Response:
    path = f"{served.told.path}/assessments"
    return served.api.http.post(path, content=content, headers={**KEYED, **headers})


def nested(depth: int) -> str:
    return '{"stage":"baseline","readings":' + "[" * depth + "]" * depth + "}"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("", ""),
        ("{", ""),
        ("null", ""),
        (json.dumps(CANARY), ""),
        (json.dumps([ASSESSED]), ""),
        (f'{{"stage":"baseline"}} {CANARY}', ""),
        (f'{{"stage":{CANARY}}}', ""),
        (nested(10_000), ""),
        (nested(100), "/readings/0"),
        ("[" * 100_000, ""),
        ("{}", "/stage"),
        (b'{"stage":"baseline","history":"\xff"}', ""),
        ('{"stage":"baseline","history":"x"}'.encode("utf-16"), ""),
        (b'\xef\xbb\xbf{"stage":"baseline","history":"x"}', ""),
        (r'{"stage":"baseline","history":"\ud800"}', ""),
        (r'{"stage":"baseline","history":"a\u0000b"}', "/history"),
        (r'{"stage":"baseline","history":"x","purpose":"\u0000"}', "/purpose"),
        (r'{"stage":"baseline","source_ref":{"system":"\u0000","value":"v"}}', "/source_ref/system"),
        ('{"stage":"baseline","Stage":"baseline"}', "/Stage"),
        ('{"stage":"baseline","stage ":"baseline"}', "/stage "),
        (f'{{"stage":"baseline","stage":"{CANARY}"}}', "/stage"),
        (f'{{"stage":"baseline","a/b~c":"{CANARY}"}}', "/a~1b~0c"),
        (f'{{"stage":"{CANARY}"}}', "/stage"),
        (f'{{"stage":"baseline","visit":"{CANARY}"}}', "/visit"),
        (f'{{"stage":"baseline","occurred_at":"{CANARY}"}}', "/occurred_at"),
        ('{"stage":"baseline","occurred_at":"2026-09-01T09:00:00"}', "/occurred_at"),
        ('{"stage":"baseline","occurred_at":"2026-02-30T09:00:00Z"}', "/occurred_at"),
        ('{"stage":"baseline","occurred_at":1790000000}', "/occurred_at"),
        ('{"stage":"baseline","performer":7}', "/performer"),
        (f'{{"stage":"baseline","labels":["{CANARY}"]}}', "/labels/0"),
        *(
            ('{"stage":"baseline","readings":[{"measure":{"code":"pain"},"value":' + number + "}]}", where)
            for number, where in (
                ("NaN", "/readings/0/value"),
                ("-Infinity", "/readings/0/value"),
                ("1e999", "/readings/0/value"),
                ("1" + "0" * 400, "/readings/0/value"),
                ("1000001", "/readings/0/value"),
                ('"4"', "/readings/0/value"),
                ("true", "/readings/0/value"),
                ("4,4", ""),
                ("0x10", ""),
                ("01", ""),
            )
        ),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_where_it_is_wrong(
    served: Served, content: bytes | str, where: str
) -> None:
    before = served.stored()
    malformed(served, assess(served, content), before, where)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_too_large_however_it_is_sent(served: Served, chunked: bool) -> None:
    before = served.stored()
    body = b" " * (LIMIT + 1)
    content = iter([body[:65_536], body[65_536:]]) if chunked else body
    path = f"{served.told.path}/assessments"
    refused(served.api.http.post(path, content=content, headers=KEYED), 413, "too-large")
    assert served.stored() == before


def test_a_body_of_just_the_limit_is_read(served: Served) -> None:
    before = served.stored()
    malformed(served, assess(served, b" " * LIMIT), before, "")


@pytest.mark.parametrize(
    "said", ["text/plain", "application/xml", "multipart/form-data", "application/jsonx", ""]
)
def test_what_does_not_say_it_is_json_is_not_read(served: Served, said: str) -> None:
    before = served.stored()
    answer = assess(served, json.dumps(ASSESSED), **{"content-type": said})
    refused(answer, 415, "unsupported-media-type")
    assert served.stored() == before


@pytest.mark.parametrize("key", [None, "", CANARY, "123", "{" + str(UUID(int=1)) + "}", UUID(int=1).hex])
def test_a_command_without_a_key_that_is_an_id_is_refused(served: Served, key: str | None) -> None:
    before = served.stored()
    headers = {} if key is None else {"idempotency-key": key}
    answer = served.api.http.post(f"{served.told.path}/assessments", json=ASSESSED, headers=headers)
    malformed(served, answer, before, "/headers/idempotency-key")


@pytest.mark.parametrize(
    "version",
    ["", "9", ",", '"9', '"9" "8"', '"9"; "8"', '"9", 8', 'w/"9"', '*, "9"', "*, *", '* , "9"', '"a b"'],
)
def test_a_version_expected_is_an_entity_tag_as_it_was_given(served: Served, version: str) -> None:
    before = served.stored()
    answer = assess(served, json.dumps(ASSESSED), **{"if-match": version})
    malformed(served, answer, before, "/headers/if-match")


@pytest.mark.parametrize("version", ['W/"{}"', '"-1"', '"nine"', '"0", "99"', '"' + "9" * 30 + '"', '"{},"'])
def test_a_tag_that_is_not_of_this_version_matches_nothing(served: Served, version: str) -> None:
    before = served.stored()
    now = served.api.http.get(served.told.path).headers["etag"].strip('"')
    answer = assess(served, json.dumps(ASSESSED), **{"if-match": version.format(now)})
    assert refused(answer, 412, "moved")["rule"] == "if-match"
    assert served.stored() == before


@pytest.mark.parametrize("version", ["*", '"0" ,"a,b",, "{}"', '"{}",W/"9"', '"{}"'])
def test_any_version_or_one_of_a_list_may_be_expected(served: Served, version: str) -> None:
    now = served.api.http.get(served.told.path).headers["etag"].strip('"')
    headers = {"if-match": version.format(now), "idempotency-key": str(uuid4())}
    assert assess(served, json.dumps(ASSESSED), **headers).status_code == 201


@pytest.mark.parametrize(
    ("path", "where"),
    [
        *((f"/v1/feed?{query}", f"/query/{query.partition('=')[0]}") for query in (
            "limit=0", "limit=1001", "limit=-1", "limit=ten", "limit=1e2", "limit=", "limit=%D9%A3",
            "limit=+5", "wait=31",
            "wait=-1", "wait=1.5", "wait=NaN", "after=", "after=1", "after=pg", "after=p1%0A",
            "after=p" + "f" * 16, "after=" + CANARY, "limit=1&limit=2",
        )),
        *((f"{{episode}}?version={version}", "/query/version") for version in ("0", "-1", "x", "1" * 10, "")),
        *((f"/v1/clients{query}", "/query/identifier") for query in (
            "", "?identifier=x", "?identifier=|x", "?identifier=x|", "?identifier=a%00|b",
            "?identifier=a|b%00", "?identifier=" + "x" * 301 + "|y",
        )),
        *((path, "/query") for path in (
            "/v1/feed?sort=asc", "{episode}?at=now", "{episode}/history?page=2", "/v1/clients?name=Ada",
            f"/v1/clients/{CLIENT}?full=1", f"/v1/partners/{PARTNER}?x",
        )),
        ("/v1/episodes/" + CANARY, "/path/episode"),
        ("/v1/episodes/%00", "/path"),
        ("{episode}%0A", "/path"),
        ("/v1/episodes/{{1}}/history", "/path/episode"),
        ("{episode}/events/1", "/path/event"),
        ("/v1/clients/1", "/path/id"),
        ("/v1/staff/..%2f..%2fetc", "/path/id"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_refused_by_its_name(
    served: Served, path: str, where: str
) -> None:
    answer = served.api.http.get(path.format(episode=served.told.path))
    if "%2f" in path:
        refused(answer, 404, "not-found")
    else:
        assert pointers(refused(answer, 400, "malformed")) == [where]


def test_a_command_with_a_parameter_nobody_knows_is_refused(served: Served) -> None:
    before = served.stored()
    answer = served.api.record(f"{served.told.path}/assessments?dry_run=1", ASSESSED)
    malformed(served, answer, before, "/query")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/v1/clients/{id}", {"name": "a\x00b"}, "/name"),
        ("/v1/clients/{id}", {"contact": "\x00"}, "/contact"),
        ("/v1/clients/{id}", {"identifiers": [{"system": "s", "value": "\x00"}]}, "/identifiers/0/value"),
        ("/v1/clients/{id}", {"birth_date": "1979-02-30"}, "/birth_date"),
        ("/v1/clients/{id}", {"birth_date": 0}, "/birth_date"),
        ("/v1/clients/{id}", {"name": ""}, "/name"),
        ("/v1/clients/{id}", {"name": "x" * 301}, "/name"),
        ("/v1/clients/{id}", {"name": " \t "}, "/name"),
        ("/v1/staff/{id}", {"role": "student", "name": "\u00a0"}, "/name"),
        ("/v1/partners/{id}", {"kind": "chiropractor", "organisation": "  "}, "/organisation"),
        ("/v1/clients/{id}", {"diagnosis": CANARY}, "/diagnosis"),
        ("/v1/clients/{id}", [], ""),
        ("/v1/clinics/{id}", {}, "/zone"),
        ("/v1/clinics/{id}", {"zone": CANARY}, "/zone"),
        ("/v1/clinics/{id}", {"zone": "../../etc/passwd"}, "/zone"),
        ("/v1/staff/{id}", {"role": CANARY}, "/role"),
        ("/v1/staff/{id}", {"role": "therapist", "licences": [{"number": 7}]}, "/licences/0/number"),
        ("/v1/partners/{id}", {"kind": "chiropractor"}, "/organisation"),
        ("/v1/partners/{id}", {"kind": "chiropractor", "organisation": "a\x00"}, "/organisation"),
    ],
)
def test_a_directory_entry_that_cannot_be_kept_is_refused(
    served: Served, path: str, body: object, where: str
) -> None:
    before = served.stored()
    malformed(served, served.api.http.put(path.format(id=uuid4()), json=body), before, where)


QUESTION = EXAMPLES["Questions"][0]


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ([], ""),
        ([QUESTION] * 501, ""),
        (QUESTION, ""),
        ([QUESTION | {"level": CANARY}], "/0/level"),
        ([QUESTION, QUESTION | {"event_id": CANARY}], "/1/event_id"),
        ([QUESTION | {"why": CANARY}], "/0/why"),
        ([{}], "/0/partner"),
    ],
)
def test_a_question_of_disclosure_that_cannot_be_read_is_refused(
    served: Served, asked: object, where: str
) -> None:
    before = served.stored()
    malformed(served, served.api.http.post("/v1/disclosure-decisions", json=asked), before, where)


@pytest.mark.parametrize(
    ("resource", "body", "rule"),
    [
        ("assessments", {"stage": "midpoint", "occurred_at": "tomorrow"}, "from-the-future"),
        ("assessments", {"stage": "midpoint", "performer": str(UUID(int=9))}, "unknown-staff"),
        ("plans", EXAMPLES["PlanSetCommand"], "plan-already-set"),
        ("sharing-consents", EXAMPLES["SharingConsentedCommand"] | {"partner": str(UUID(int=9))},
         "unknown-partner"),
        ("responses", {"session": str(UUID(int=9)), "source": "client"}, "unknown-event"),
    ],
)  # fmt: skip
def test_what_a_rule_refuses_names_the_rule_and_stores_nothing(
    served: Served, resource: str, body: dict[str, Any], rule: str
) -> None:
    before = served.stored()
    if body.get("occurred_at") == "tomorrow":
        body = body | {"occurred_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    document = refused(served.api.record(f"{served.told.path}/{resource}", body), 422, "rule-broken")
    assert document["rule"] == rule
    assert served.stored() == before


def test_every_type_of_problem_is_explained_where_it_points(served: Served) -> None:
    for name, kind in KINDS.items():
        told = served.api.http.get(f"/problems/{name}").json()
        assert (told["type"], told["status"], told["retry"]) == (f"/problems/{name}", kind.status, kind.retry)
        assert told["what_to_do"]
    refused(served.api.http.get("/problems/of-another-kind"), 404, "not-found")


def test_every_rule_is_explained_where_a_problem_says(served: Served) -> None:
    behind = served.api.http.get("/problems/rule-broken").json()["rules"]
    assert {"plan-already-set", "unknown-staff"} <= {rule["rule"] for rule in behind}
    for name, rule in PROBLEMS.rules.items():
        told = served.api.http.get(rule.documentation).json()
        assert (told["rule"], told["meaning"]) == (name, rule.meaning)
    refused(served.api.http.get("/problems/rules/of-another-kind"), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/v1/clinics/{id}", "GET, HEAD, PUT"),
        ("PATCH", "/v1/clients/{id}", "GET, HEAD, PUT, DELETE"),
        ("DELETE", "/v1/episodes/{id}", "GET, HEAD"),
        ("GET", "/v1/episodes/{id}/plans", "POST"),
    ],
)
def test_a_method_that_is_none_here_is_told_all_that_are(
    served: Served, method: str, path: str, allowed: str
) -> None:
    answer = served.api.http.request(method, path.format(id=uuid4()))
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


def test_many_faults_are_named_up_to_a_number_and_counted(served: Served) -> None:
    before = served.stored()
    answer = assess(served, json.dumps({f"{CANARY[:3]} {place}": 1 for place in range(5_000)}))
    malformed(served, answer, before, "/stage")
    assert len(answer.json()["errors"]) == 20
    assert answer.json()["further_errors"] == 5_001 - 20
    assert len(answer.content) < 5_000


def test_the_key_of_a_command_may_be_quoted_and_is_the_same(served: Served) -> None:
    key = uuid4()
    path = f"{served.told.path}/assessments"
    answers = [
        served.api.http.post(path, json=ASSESSED, headers={"idempotency-key": written})
        for written in (str(key), f'"{key}"')
    ]
    assert [it.status_code for it in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    for wrong in ('""', '"', f'"{key}', f"'{key}'", f'""{key}""'):
        refused(
            served.api.http.post(path, json=ASSESSED, headers={"idempotency-key": wrong}), 400, "malformed"
        )


@pytest.mark.parametrize(
    ("expected", "status"),
    [('"{}", "999"', 201), ("*", 201), ('W/"{}"', 412), ('"abc"', 412), ('"0{}"', 412), ("{}", 400)],
)
def test_one_of_the_versions_of_if_match_is_the_episodes(served: Served, expected: str, status: int) -> None:
    path = served.told.path
    version = served.api.http.get(path).json()["version"]
    headers = {"if-match": expected.format(version), "idempotency-key": str(uuid4())}
    answer = served.api.http.post(f"{path}/assessments", json=ASSESSED, headers=headers)
    assert answer.status_code == status, answer.text


def test_a_system_with_a_bar_in_it_is_refused_because_nothing_would_find_it(served: Served) -> None:
    before = served.stored()
    body = {**ASSESSED, "source_ref": {"system": "a|b", "value": "c|d"}}
    malformed(served, assess(served, json.dumps(body)), before, "/source_ref/system")
