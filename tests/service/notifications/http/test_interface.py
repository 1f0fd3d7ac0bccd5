"""The interface described: its document, its problems, correlation ids, and pages that miss nothing."""

import asyncio
import json
from uuid import uuid4

from jsonschema import Draft202012Validator

from notifications.http.problems import KINDS, PROBLEMS
from notifications.postgres.connections import connect
from notifications.processes.app import create_app
from tests.support.notifications.intake import Lane
from tests.support.notifications.published_events import Care
from tests.support.notifications.service_process import Api, Notifications
from tests.support.waiting import eventually


def test_every_answer_with_a_body_is_described_with_an_example_that_fits() -> None:
    document = create_app().openapi()
    described = 0
    for path, operations in document["paths"].items():
        if not path.startswith("/v1/"):
            continue
        for operation in operations.values():
            contents = [operation.get("requestBody", {}).get("content", {}).get("application/json")]
            contents += [
                answer.get("content", {}).get("application/json")
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            ]
            for content in filter(None, contents):
                schema = content["schema"] | {"components": document["components"]}
                Draft202012Validator(schema).validate(content["example"])
                described += 1
    assert described == 14


def test_the_document_is_the_same_every_time_and_served(api: Api, service: Notifications) -> None:
    first, second = service.command("openapi").stdout, service.command("openapi").stdout
    assert first == second
    assert json.loads(first) == api.call("GET", "/openapi.json").json()
    assert "HTTPValidationError" not in first


def test_every_problem_can_be_looked_up(api: Api) -> None:
    for name, kind in KINDS.items():
        told = api.call("GET", f"/problems/{name}").json()
        assert (told["type"], told["status"]) == (f"/problems/{name}", kind.status)
        assert told["what_to_do"]


def test_every_rule_can_be_looked_up(api: Api) -> None:
    behind = api.call("GET", "/problems/rule-broken").json()["rules"]
    assert [rule["rule"] for rule in behind] == list(PROBLEMS.rules)
    for rule in behind:
        assert api.call("GET", rule["documentation"]).json() == rule
    assert api.call("GET", "/problems/rules/unheard-of").status_code == 404


def test_a_correlation_id_is_kept_if_it_is_one_and_made_otherwise(api: Api) -> None:
    mine = str(uuid4())
    assert (
        api.call("GET", "/health/live", headers={"X-Correlation-Id": mine}).headers["x-correlation-id"]
        == mine
    )
    other = api.call("GET", "/v1/none", headers={"X-Correlation-Id": "Mrs Smith"}).headers["x-correlation-id"]
    assert other != "Mrs Smith"
    assert "Mrs Smith" not in api.log_until_now
    eventually(lambda: other in api.log)  # it is written once the answer is sent


def test_pages_of_the_inbox_miss_and_repeat_nothing(api: Api, service: Notifications) -> None:
    care = Care()
    asyncio.run(take_in_flags(service, care, count=25))
    token = service.issuer.token("therapist", clinics=[care.clinic])
    seen, cursor, pages = [], "", 0
    while True:
        page = api.call("GET", f"/v1/inbox?limit=10{cursor}", token).json()
        seen += [item["recorded_at"] for item in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(set(seen)) == 25
    assert seen == sorted(seen, reverse=True)
    assert pages == 3


async def take_in_flags(service: Notifications, care: Care, count: int) -> None:
    async with await connect(service.database.url("consume")) as db:
        await Lane(db).take(*(care.red_flag() for _ in range(count)))
