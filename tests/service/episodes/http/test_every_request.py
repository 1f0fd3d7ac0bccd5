"""What holds for any request to the episodes API."""

import json
from collections import defaultdict
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest

from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import bearer
from tests.support.every_request import (
    check_half_closed,
    check_operations_apart,
    check_paths,
    check_reading,
    check_single_headers,
    flood,
    hang_up,
    paths_to_get,
)
from tests.support.framing_attacks import check_framing
from tests.support.servers.kafka import free_port
from tests.support.waiting import eventually


class Served(NamedTuple):
    service: Service
    api: Api


@pytest.fixture
def served(shared: tuple[Service, Api]) -> Served:
    return Served(*shared)


def test_whatever_can_be_read_has_a_head_and_is_kept_by_nobody(served: Served) -> None:
    episode = served.api.opened().rpartition("/")[2]
    ids = defaultdict(lambda: str(UUID(int=404)), type="moved", episode=episode)
    paths = list(paths_to_get(served.api.http, ids))
    assert len(paths) > 10
    for path in paths:
        for token in (served.service.token(), "none"):
            check_reading(served.api.http, path, bearer(token))


@pytest.mark.parametrize("path", ["/v1/episodes", "/v1/disclosure-decisions"])
def test_a_client_that_drops_its_upload_is_no_defect_of_ours(served: Served, path: str) -> None:
    correlation = str(uuid4())
    hang_up(served.api.url, path, served.service.token(), correlation)
    eventually(lambda: correlation in served.api.log, "the request is logged")
    [line] = [json.loads(it) for it in served.api.log.splitlines() if correlation in it]
    assert (line["event"], line["level"], line["status"]) == ("refused", "info", 499)
    assert f'route="{path}",status="500"' not in served.api.http.get("/metrics").text


def test_a_head_without_end_is_refused(served: Served) -> None:
    answer = served.api.http.get("/health/live", headers={"x-note": "x" * 40_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


def test_what_never_ends_is_refused_before_it_is_known_who_sends_it(served: Served) -> None:
    assert flood(served.api.url).startswith(b"HTTP/1.1 413 ")


def test_a_header_with_one_value_is_given_once(served: Served) -> None:
    check_single_headers(served.api.http, "/v1/episodes", served.service.token())


def test_a_control_character_in_a_path_is_refused(served: Served) -> None:
    check_paths(served.api.http, "/v1/episodes/x/red-flags")


def test_what_operators_ask_can_have_a_port_of_its_own(served: Served) -> None:
    public, operations = free_port(), free_port()
    served.service.start(port=str(public), operations_port=str(operations))
    check_operations_apart(f"http://127.0.0.1:{public}", f"http://127.0.0.1:{operations}")


def test_a_request_that_ends_in_two_places_is_refused_and_nothing_after_it_answered(served: Served) -> None:
    check_framing(served.api.url)


def test_a_caller_that_has_closed_its_own_half_is_answered(served: Served) -> None:
    check_half_closed(served.api.url, "/openapi.json")
    check_half_closed(served.api.url, "/health/ready")
