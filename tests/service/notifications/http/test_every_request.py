"""What holds for any request to the notifications API."""

import json
from collections import defaultdict
from uuid import UUID, uuid4

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
from tests.support.notifications.service_process import Api, Notifications, partner_token
from tests.support.servers.kafka import free_port
from tests.support.waiting import eventually

PARTNER = UUID(int=9)


def test_whatever_can_be_read_has_a_head_and_is_kept_by_nobody(api: Api, service: Notifications) -> None:
    ids = defaultdict(lambda: str(UUID(int=404)), type="malformed")
    paths = list(paths_to_get(api.client, ids))
    assert len(paths) > 7
    tokens = (partner_token(service.issuer, PARTNER), service.issuer.token("therapist"), "none")
    for path in paths:
        for token in tokens:
            check_reading(api.client, path, {"authorization": f"Bearer {token}"})


def test_a_client_that_drops_its_upload_is_no_defect_of_ours(api: Api, service: Notifications) -> None:
    correlation, token = str(uuid4()), partner_token(service.issuer, PARTNER)
    hang_up(str(api.client.base_url), "/v1/subscriptions", token, correlation)
    eventually(lambda: correlation in api.log, "the request is logged")
    [line] = [json.loads(it) for it in api.log.splitlines() if correlation in it]
    assert (line["event"], line["level"], line["status"]) == ("refused", "info", 499)
    assert service.count("subscriptions") == 0


def test_the_trace_of_a_caller_is_taken(api: Api) -> None:
    trace = uuid4()
    given = {"traceparent": f"00-{trace.hex}-00f067aa0ba902b7-00"}
    assert api.call("GET", "/health/live", headers=given).headers["x-correlation-id"] == str(trace)


def test_a_head_without_end_is_refused(api: Api) -> None:
    answer = api.call("GET", "/health/live", headers={"x-note": "x" * 40_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


def test_what_never_ends_is_refused_before_it_is_known_who_sends_it(api: Api) -> None:
    assert flood(str(api.client.base_url)).startswith(b"HTTP/1.1 413 ")


def test_a_header_with_one_value_is_given_once(api: Api, service: Notifications) -> None:
    check_single_headers(api.client, "/v1/subscriptions", partner_token(service.issuer, PARTNER))


def test_a_control_character_in_a_path_is_refused(api: Api) -> None:
    check_paths(api.client, "/v1/subscriptions/x/deliveries")


def test_what_operators_ask_can_have_a_port_of_its_own(service: Notifications) -> None:
    operations = free_port()
    with Api(service, operations_port=str(operations)) as apart:
        check_operations_apart(f"http://127.0.0.1:{apart.port}", f"http://127.0.0.1:{operations}")


def test_a_request_that_ends_in_two_places_is_refused_and_nothing_after_it_answered(api: Api) -> None:
    check_framing(str(api.client.base_url))


def test_a_caller_that_has_closed_its_own_half_is_answered(api: Api) -> None:
    for path in ("openapi.json", "health/ready"):
        check_half_closed(str(api.client.base_url), f"/{path}")
