"""What belongs to another network, clinic or partner is answered exactly as what does not exist.

Every path below an episode or a client, for every role, with the id of a record and with one made up.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.api.app import create_app
from episodes.domain.roles import Role
from episodes.http.examples import CLIENT, EXAMPLES, PARTNER
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, tell
from tests.support.episodes.http_episode import Story
from tests.support.servers.postgres import PostgresServer

ELSEWHERE = UUID(int=404)
STRANGER = UUID(int=405)
CALLERS: dict[str, dict[str, Any]] = {
    "another network": {"network": "other"},
    "another clinic": {"clinics": (ELSEWHERE,)},
    "no clinic": {"clinics": ()},
}


class Route(NamedTuple):
    method: str
    path: str
    body: Any


def _routes() -> Iterator[Route]:
    """Every route of the document below an episode or a client, each command with its example."""
    for path, operations in create_app().openapi()["paths"].items():
        if path.startswith(("/v1/episodes/{", "/v1/clients/{client}")):
            for method, operation in operations.items():
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                name = None if content is None else content["schema"]["$ref"].rpartition("/")[2]
                yield Route(method.upper(), path, None if name is None else EXAMPLES[name])


ROUTES = list(_routes())


class Served(NamedTuple):
    service: Service
    api: Api
    told: Story

    def asked(self, route: Route, headers: dict[str, str], *, real: bool) -> tuple[int, Any]:
        """The status, and what is told beside the correlation id."""
        episode, client = (self.told.id, CLIENT) if real else (str(uuid4()), str(uuid4()))
        about = self.told.events["sessions"] if real else str(uuid4())
        path = route.path.format(episode=episode, client=client, about=about, event=about)
        key = {"idempotency-key": str(uuid4())} if route.body is not None else {}
        answer: httpx.Response = self.api.http.request(
            route.method, path, json=route.body, headers={**headers, **key}
        )
        document = answer.json()
        document.pop("correlation_id", None)
        return answer.status_code, document


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("not-yours")) as (service, api):
        yield Served(service, api, tell(api))


def test_the_table_has_the_routes() -> None:
    assert len(ROUTES) > 30


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("whose", CALLERS)
def test_what_is_not_yours_is_answered_as_what_is_not_there(served: Served, whose: str, role: Role) -> None:
    claims = dict(CALLERS[whose])
    if role is Role.PARTNER:
        claims = {**claims, "organisation": UUID(PARTNER) if whose == "another network" else STRANGER}
    token = bearer(served.service.token(role, str(uuid4()), **claims))
    before = served.service.rows("SELECT count(*) FROM stored_events")
    for headers in (token, {**token, "if-match": '"1"'}):
        for route in ROUTES:
            theirs = served.asked(route, headers, real=True)
            assert theirs == served.asked(route, headers, real=False), route
            assert theirs[0] in (403, 404), route
    assert served.service.rows("SELECT count(*) FROM stored_events") == before
