"""A desk that has a client of the network before it: an identifier and the birth date register them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from episodes.directory.clients import MOST_MISTAKES
from tests.support.episodes.directory_calls import IDENTITY, Two
from tests.support.episodes.http_calls import refused

BORN = IDENTITY["birth_date"]


def a_number() -> dict[str, str]:
    return {"system": "card", "value": str(uuid4())}


def identify(two: Two, clinic: str, number: Any, born: str, role: str = "coordinator") -> httpx.Response:
    given = {"identifier": number, "birth_date": born}
    return two.put(f"/v1/clients/registrations/{clinic}", given, two.asks(role, two.theirs))


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator", "service"])
def test_an_identifier_and_the_birth_date_register_a_client_and_both_are_needed(two: Two, role: str) -> None:
    number, desk = a_number(), two.asks("coordinator", two.theirs)
    path = two.client(identifiers=[number])
    nobodys = identify(two, two.theirs, a_number(), BORN, role)
    wrong = identify(two, two.theirs, number, "1979-05-05", role)
    for answer in (nobodys, wrong):
        refused(answer, 404, "not-found")
    assert {**nobodys.json(), "correlation_id": ""} == {**wrong.json(), "correlation_id": ""}
    refused(two.get(path, desk), 404, "not-found")
    found = identify(two, two.theirs, number | {"value": f" {number['value']} "}, BORN, role)
    assert found.json() == {"id": path.rpartition("/")[2]}
    assert identify(two, two.theirs, number, BORN, role).json() == found.json()
    assert two.get(path, desk).json()["clinics"] == [two.theirs]
    assert two.accesses(path)[1:4] == [("mistaken", role), ("identified", role), ("identified", role)]


def test_a_client_is_registered_at_the_callers_clinics_only(two: Two) -> None:
    number = a_number()
    path = two.client(identifiers=[number])
    for clinic in (two.ours, str(uuid4())):
        refused(identify(two, clinic, number, BORN), 404, "not-found")
    assert two.accesses(path) == [("created", "coordinator")]


def test_without_a_birth_date_in_the_directory_nobody_is_identified(two: Two) -> None:
    number = a_number()
    path = f"/v1/clients/{uuid4()}"
    assert two.put(path, {"identifiers": [number], "clinics": [two.ours]}).status_code == 204
    refused(identify(two, two.theirs, number, BORN), 404, "not-found")


def test_a_birth_date_is_not_found_by_trying(two: Two) -> None:
    number = a_number()
    path = two.client(identifiers=[number])
    for day in range(MOST_MISTAKES):
        refused(identify(two, two.theirs, number, f"1979-05-{day + 10}"), 404, "not-found")
    refused(identify(two, two.theirs, number, BORN), 404, "not-found")
    assert [what for what, _ in two.accesses(path)[1:]] == ["mistaken"] * (MOST_MISTAKES + 1)
