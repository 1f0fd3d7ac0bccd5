"""Commands are plain routes; whoever calls cannot tell them from the others."""

import json
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest

from care_platform.http.limits import MAX_BODY
from episodes.domain.vocabulary import COMMANDS
from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import refused

ASSESSED = json.dumps(EXAMPLES["AssessedCommand"]).encode()
NOBODY = UUID(int=1)


class Served(NamedTuple):
    api: Api
    episode: str


@pytest.fixture(scope="module")
def served(shared: tuple[Service, Api]) -> Served:
    _, api = shared
    return Served(api, api.opened())


@pytest.mark.parametrize(
    "path",
    [
        "/v1/episodes/",
        "/v2/episodes",
        "/v1/Episodes",
        f"/v1/episodes/{NOBODY}/assessments/",
        f"/v1/episodes/{NOBODY}/assessments/{NOBODY}",
        f"/v1/episodes/{NOBODY}/nothing",
        "/v1/episodes//assessments",
        f"/v1/episodes/{NOBODY}/sharing-consents//withdrawal",
        f"/v1/episodes/{NOBODY}%2Fassessments%2Fmore",
        f"//v1/episodes/{NOBODY}/assessments",
    ],
)
def test_a_path_that_is_almost_a_command_is_not_found(served: Served, path: str) -> None:
    answer = served.api.http.post(served.api.url + path, content=ASSESSED)
    refused(answer, 404, "not-found")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_another_method_is_told_which_is_allowed(served: Served, method: str) -> None:
    for step in COMMANDS[1:-1]:
        path = f"{served.episode}/{step.resource.format(about=NOBODY)}"
        answer = served.api.http.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), path


def test_a_resource_that_is_only_read_takes_no_command(served: Served) -> None:
    refused(served.api.http.post(served.episode, content=ASSESSED), 405, "method-not-allowed")


def test_a_body_may_come_in_pieces(served: Served) -> None:
    pieces = iter([ASSESSED[:10], ASSESSED[10:500], ASSESSED[500:]])
    answer = served.api.http.post(
        f"{served.episode}/assessments", content=pieces, headers={"idempotency-key": str(uuid4())}
    )
    assert answer.status_code == 201, answer.text


def test_a_body_that_grows_past_the_limit_in_pieces_is_refused(served: Served) -> None:
    pieces = iter([b" " * (MAX_BODY // 2 + 1)] * 2)
    answer = served.api.http.post(
        f"{served.episode}/assessments", content=pieces, headers={"idempotency-key": str(uuid4())}
    )
    refused(answer, 413, "too-large")


def test_a_command_carries_its_correlation_and_is_counted_by_its_route(served: Served) -> None:
    correlation = str(uuid4())
    answer = served.api.record(
        f"{served.episode}/assessments",
        EXAMPLES["AssessedCommand"],
        headers={"traceparent": f"00-{UUID(correlation).hex}-00f067aa0ba902b7-01"},
    )
    assert answer.headers["x-correlation-id"] == correlation
    counted = served.api.http.get("/metrics").text
    labels = 'method="POST",route="/v1/episodes/{episode}/assessments",status="201"'
    assert f"episodes_requests_total{{{labels}}}" in counted
