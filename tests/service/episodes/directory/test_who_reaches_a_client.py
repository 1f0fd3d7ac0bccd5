"""Who reaches a client: whoever acts for a clinic where it is registered. To others it is not there."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from episodes.access import ACCESS
from episodes.domain.roles import Role
from episodes.http.examples import EXAMPLES
from tests.support.episodes.directory_calls import IDENTITY, NETWORK_WIDE, Two
from tests.support.episodes.http_calls import refused

Ask = Callable[[Two, str, str, dict[str, str]], httpx.Response]


def _opens(two: Two, client: str, clinic: str, who: dict[str, str]) -> httpx.Response:
    return two.open(client, clinic, who)


ASKED: dict[str, tuple[tuple[str, str], int, Ask]] = {
    "read": (("clients", "read"), 200, lambda two, client, _, who: two.get(client, who)),
    "put": (("clients", "write"), 412, lambda two, client, _, who: two.put(client, {}, who, '"999"')),
    "delete": (
        ("clients", "delete"),
        428,
        lambda two, client, _, who: two.api.http.delete(client, headers=who),
    ),
    "history": (("clients", "history"), 200, lambda two, client, _, who: two.get(f"{client}/history", who)),
    "register": (
        ("clients", "register"),
        204,
        lambda two, client, clinic, who: two.put(f"{client}/registrations/{clinic}", who=who),
    ),
    "open": (("episodes", "write"), 201, _opens),
    "withdraw sharing": (
        ("clients/{client}/sharing-withdrawals", "write"),
        422,
        lambda two, client, _, who: two.api.record(
            f"{client}/sharing-withdrawals", EXAMPLES["EverySharingWithdrawnCommand"], headers=who
        ),
    ),
}
"""What may be asked of a client: what the role needs, what is answered to whom the client concerns, and how
it is asked. None of it changes the client."""


def _told(answer: httpx.Response) -> tuple[int, Any]:
    """All that an answer tells, but for what differs from call to call."""
    body = json.loads(answer.content or b"{}")
    body.pop("correlation_id", None)
    return answer.status_code, (body, answer.headers.get("etag"))


@pytest.fixture(scope="module")
def client(two: Two) -> str:
    path = two.client(identifiers=[{"system": "matrix", "value": two.ours}])
    assert two.open(path, two.ours, two.asks("service", everywhere=True)).status_code == 201
    return path


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", ["ours", "theirs", "both", "none", "unknown", "other network"])
def test_a_client_is_there_for_its_own_clinic_and_for_nobody_else(
    two: Two, client: str, role: str, place: str, asked: str
) -> None:
    if role == Role.SERVICE and asked == "open":
        pytest.skip("an opening by a service registers the client: shown below")
    permission, status, ask = ASKED[asked]
    unknown = str(uuid4())
    clinics = {"ours": (two.ours,), "theirs": (two.theirs,), "both": (two.ours, two.theirs), "none": ()}
    more: dict[str, Any] = {"network": "other"} if place == "other network" else {}
    more |= {"organisation": uuid4()} if role == Role.PARTNER else {}
    who = two.asks(role, *clinics.get(place, (unknown,)), **more)
    clinic = (
        two.ours if place == "both" else clinics.get(place, (unknown,))[0] if place != "none" else unknown
    )
    real, made_up = (_told(ask(two, one, clinic, who)) for one in (client, f"/v1/clients/{uuid4()}"))
    if role not in ACCESS[permission]:
        assert (real[0], made_up[0]) == (403, 403)
    elif place in ("ours", "both"):
        assert real[0] == status
        assert made_up[0] != status or "version" not in made_up[1][0]
    else:
        assert real == made_up
        assert real[0] == {"put": 412, "open": 422}.get(asked, 404)


@pytest.mark.parametrize("role", sorted(ACCESS["clients", "read"]))
def test_a_search_finds_the_clients_of_ones_own_clinics(two: Two, client: str, role: str) -> None:
    wanted = {"identifier": f"matrix|{two.ours}"}
    found = {"clients": [{"id": client.rpartition("/")[2]}]}
    assert two.get("/v1/clients", two.asks(role, two.ours), **wanted).json() == found
    for clinics in ((two.theirs,), ()):
        assert two.get("/v1/clients", two.asks(role, *clinics), **wanted).json() == {"clients": []}
    if role in NETWORK_WIDE:
        assert two.get("/v1/clients", two.asks(role, everywhere=True), **wanted).json() == found


def test_an_id_that_is_anothers_cannot_be_taken_and_tells_nothing_more(two: Two) -> None:
    path = two.client()
    theirs = two.asks("therapist", two.theirs)
    assert _told(two.put(path, {"name": "Taken"}, theirs)) == _told(two.get(path, theirs))
    refused(two.put(path, IDENTITY, theirs), 404, "not-found")
    assert two.get(path, two.asks("auditor", everywhere=True)).json()["name"] == IDENTITY["name"]


def test_a_new_client_is_registered_at_the_clinics_of_the_token_or_those_a_service_names(two: Two) -> None:
    both = two.asks("coordinator", two.ours, two.theirs, str(uuid4()))
    path = f"/v1/clients/{uuid4()}"
    assert two.put(path, IDENTITY, both).status_code == 204
    assert two.get(path, both).json()["clinics"] == sorted((two.ours, two.theirs))
    assert two.get(path, two.asks("therapist", two.theirs)).json()["clinics"] == [two.theirs]
    named = f"/v1/clients/{uuid4()}"
    assert two.put(named, IDENTITY | {"clinics": [two.theirs]}).status_code == 204
    assert two.get(named).json()["clinics"] == [two.theirs]
    assert two.get(named, two.asks("coordinator", two.theirs)).status_code == 200


@pytest.mark.parametrize("clinics", [(), (str(UUID(int=404)),)])
def test_a_client_is_not_created_for_no_clinic_or_one_that_is_not_there(two: Two, clinics: Any) -> None:
    path = f"/v1/clients/{uuid4()}"
    answer = two.put(path, IDENTITY, two.asks("coordinator", *clinics))
    assert refused(answer, 422, "rule-broken")["rule"] == "unknown-clinic"
    for named in (two.theirs, str(uuid4())):
        answer = two.put(path, IDENTITY | {"clinics": [named]}, two.asks("coordinator", two.ours))
        assert refused(answer, 422, "rule-broken")["errors"][0]["pointer"] == "/clinics"
    refused(two.get(path), 404, "not-found")


def test_what_is_registered_nowhere_is_left_to_the_privacy_officer_and_to_services(two: Two) -> None:
    path = f"/v1/clients/{uuid4()}"
    assert two.put(path, IDENTITY).status_code == 204
    statuses = {
        role: two.get(path, two.asks(role, everywhere=role in NETWORK_WIDE)).status_code
        for role in ACCESS["clients", "read"]
    }
    reached = {role for role, status in statuses.items() if status == 200}
    assert reached == {"privacy_officer", "service"}
    officer = two.asks("privacy_officer", everywhere=True)
    assert two.put(f"{path}/registrations/{two.ours}", who=officer).status_code == 204
    assert two.get(path, two.asks("therapist", two.ours)).status_code == 200


def test_a_registration_is_added_at_ones_own_clinics_only(two: Two) -> None:
    path = two.client()
    desk, both = two.asks("coordinator", two.ours), two.asks("coordinator", two.ours, two.theirs)
    for clinic in (two.theirs, str(uuid4())):
        refused(two.put(f"{path}/registrations/{clinic}", who=desk), 404, "not-found")
    refused(two.open(path, two.theirs, both), 422, "rule-broken")
    assert two.put(f"{path}/registrations/{two.theirs}", who=both).status_code == 204
    assert two.put(f"{path}/registrations/{two.theirs}", who=both).status_code == 204
    assert two.open(path, two.theirs, both).status_code == 201


def test_an_opening_by_a_service_of_the_network_registers_the_client(two: Two) -> None:
    path, desk = two.client(), two.asks("coordinator", two.theirs)
    refused(two.get(path, desk), 404, "not-found")
    assert two.open(path, two.theirs, two.asks("service", two.theirs)).status_code == 422
    refused(two.get(path, desk), 404, "not-found")
    assert two.open(path, two.theirs, two.asks("service", everywhere=True)).status_code == 201
    assert two.get(path, desk).json()["clinics"] == [two.theirs]
    assert two.open(path, two.theirs, desk).status_code == 201


def test_a_transfer_registers_the_client_at_the_clinic_that_takes_over(two: Two) -> None:
    path, therapist = two.client(), str(uuid4())
    assert two.put(f"/v1/staff/{therapist}", {"role": "therapist"}).status_code == 204
    opened = two.open(path, two.ours, two.asks("therapist", two.ours)).json()
    transfer = EXAMPLES["ResponsibilityTransferredCommand"] | {
        "to": {"therapist": therapist, "clinic": two.theirs},
        "accepted_by": therapist,
    }
    answer = two.api.record(
        f"/v1/episodes/{opened['episode']['id']}/transfers", transfer, headers=two.asks("therapist", two.ours)
    )
    assert answer.status_code == 201, answer.text
    assert two.get(path, two.asks("therapist", two.theirs)).status_code == 200


def test_a_correction_cannot_ask_whether_there_is_a_client(two: Two) -> None:
    ours, therapist = two.client(), two.asks("therapist", two.ours)
    opened = two.open(ours, two.ours, therapist).json()
    episode, opening = opened["episode"]["id"], opened["events"][0]["id"]
    said = {name: EXAMPLES["EpisodeOpenedCommand"][name] for name in ("therapist", "complaint")}

    def corrected(client: str) -> httpx.Response:
        correction = {
            "of": "episode-opened.1",
            "reason_code": "wrong_value",
            "reason": "Mistaken",
            "replacement": {**said, "client": client.rpartition("/")[2]},
        }
        path = f"/v1/episodes/{episode}/events/{opening}/correction"
        return two.api.record(path, correction, headers=therapist)

    assert corrected(ours).status_code == 201
    theirs, nobodys = corrected(two.client(two.theirs)), corrected(f"/v1/clients/{uuid4()}")
    assert _told(theirs) == _told(nobodys)
    assert refused(theirs, 422, "rule-broken")["rule"] == "unknown-client"
    assert refused(corrected(two.client()), 422, "rule-broken")["rule"] == "another-client"
