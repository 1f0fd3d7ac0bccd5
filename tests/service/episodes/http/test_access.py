"""Tokens, roles, networks and clinics over real HTTP: what is not yours is not there."""

import json
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.http.examples import CLIENT, CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.access_table import CELLS
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, refused, tell
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer

NOBODY = UUID(int=404)
METHODS = {
    "write": "POST",
    "replace": "PUT",
    "read": "GET",
    "list": "GET",
    "delete": "DELETE",
    "register": "PUT",
    "identify": "PUT",
    "history": "GET",
}
OF_CLIENTS = {
    "register": f"/v1/clients/{NOBODY}/registrations/{NOBODY}",
    "identify": f"/v1/clients/registrations/{NOBODY}",
}


class Served(NamedTuple):
    service: Service
    api: Api
    told: Story


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("access")) as (service, api):
        yield Served(service, api, tell(api))


def path_of(resource: str, action: str, episode: str) -> str:
    match resource:
        case "episodes":
            return episode if action == "read" else "/v1/episodes"
        case "events":
            return f"{episode}/events/{NOBODY}"
        case "feed" | "published-sequences" | "disclosure-decisions":
            return f"/v1/{resource}"
        case "clients" if action in OF_CLIENTS:
            return OF_CLIENTS[action]
        case "clients" | "clinics" | "staff" | "partners":
            return f"/v1/{resource}/{NOBODY}" + ("/history" if action == "history" else "")
        case "clients/{client}/sharing-withdrawals":
            return f"/v1/clients/{NOBODY}/sharing-withdrawals"
        case _:
            return f"{episode}/{resource.replace('{about}', str(NOBODY))}"


@pytest.mark.parametrize(("role", "resource", "action", "may"), CELLS)
def test_a_role_gets_past_the_door_exactly_where_the_table_lets_it(
    served: Served, role: str, resource: str, action: str, may: bool
) -> None:
    directory = resource in ("clients", "clinics", "staff", "partners")
    method = "PUT" if directory and action == "write" else METHODS[action]
    path = path_of(resource, action, served.told.path)
    headers = bearer(served.service.token(role, PARTNER, organisation=UUID(PARTNER)))
    answer = served.api.http.request(
        method, path, content="{" if action in ("write", "identify") else None, headers=headers
    )
    if may:
        assert answer.status_code in (200, 400, 404)
    else:
        assert refused(answer, 403, "forbidden")["rule"] == "role-not-allowed"


def test_without_any_token_only_what_operators_and_readers_of_problems_need_is_open(served: Served) -> None:
    with httpx.Client(base_url=served.api.url) as nobody:
        closed = {path for path in nobody.get("/openapi.json").json()["paths"] if path.startswith("/v1/")}
        for path in closed:
            tried = path.format_map(
                dict.fromkeys(("episode", "event", "about", "id", "client", "clinic"), NOBODY)
            )
            answers = {nobody.request(method, tried).status_code for method in METHODS.values()}
            assert 401 in answers
            assert answers <= {401, 405}
        for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/problems/moved"):
            assert nobody.get(path).status_code == 200


def everywhere(served: Served, headers: dict[str, str]) -> list[httpx.Response]:
    """Every read of the episode, and a few commands on it."""
    http, path = served.api.http, served.told.path
    keyed = {**headers, "idempotency-key": str(uuid4())}
    return [
        http.get(path, headers=headers),
        http.get(f"{path}?version=1", headers=headers),
        http.get(f"{path}/history", headers=headers),
        http.get(served.told.event("sessions"), headers=headers),
        http.post(f"{path}/assessments", content=json.dumps(EXAMPLES["AssessedCommand"]), headers=keyed),
        http.post(f"{path}/closure", json=EXAMPLES["EpisodeClosedCommand"], headers=keyed),
    ]


def test_another_networks_episode_is_not_there(served: Served) -> None:
    other = bearer(served.service.token(network="other"))
    for answer in everywhere(served, other):
        refused(answer, 404, "not-found")
    for resource, identifier in (
        ("clients", CLIENT),
        ("clinics", CLINIC),
        ("staff", THERAPIST),
        ("partners", PARTNER),
    ):
        refused(served.api.http.get(f"/v1/{resource}/{identifier}", headers=other), 404, "not-found")
    found = served.api.http.get("/v1/clients", params={"identifier": f"{PARTNER}|HC-1001"}, headers=other)
    assert found.json() == {"clients": []}


@pytest.mark.parametrize("role", ["therapist", "supervisor", "service"])
@pytest.mark.parametrize("clinics", [(), (NOBODY,)])
def test_another_clinics_episode_is_not_there(served: Served, role: str, clinics: tuple[UUID, ...]) -> None:
    for answer in everywhere(served, bearer(served.service.token(role, clinics=clinics))):
        refused(answer, 404, "not-found")


def test_an_episode_is_there_for_whom_its_clinic_is_named(served: Served) -> None:
    mine = bearer(served.service.token("therapist", THERAPIST, clinics=(NOBODY, UUID(CLINIC))))
    assert served.api.http.get(served.told.path, headers=mine).status_code == 200
    assert served.api.http.get(served.told.event("sessions"), headers=mine).status_code == 200
    opened = served.api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"], headers=mine)
    assert opened.status_code == 201


def test_an_episode_cannot_be_opened_in_another_clinic(served: Served) -> None:
    theirs = bearer(served.service.token("therapist", THERAPIST, clinics=(NOBODY,)))
    document = refused(
        served.api.record("/v1/episodes", EXAMPLES["EpisodeOpenedCommand"], headers=theirs),
        422,
        "rule-broken",
    )
    assert document["rule"] == "unknown-clinic"


def test_the_feed_and_decisions_keep_to_the_clinics_the_token_names(served: Served) -> None:
    theirs = bearer(served.service.token("service", clinics=(NOBODY,)))
    assert served.api.http.get("/v1/feed", headers=theirs).json()["events"] == []
    question = {"event_id": served.told.events["sessions"], "partner": PARTNER, "subscription_id": PARTNER}
    decided = served.api.http.post("/v1/disclosure-decisions", json=[question], headers=theirs).json()
    assert [(one["allowed"], one["reason"]) for one in decided] == [(False, "unknown_event")]
