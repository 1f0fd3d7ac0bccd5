"""Identifiers are stored as given and compared trimmed and composed; a desk moves no partner's."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.directory_calls import IDENTITY, Two
from tests.support.episodes.http_calls import refused

ALIKE = [
    ("mrn", "A1"),
    ("mrn", " A1"),
    (" mrn\t", "A1\u3000"),
    ("mrn", "A1\u00a0\n"),
]
COMPOSED = [("kr\u00e4nken", "\u00e91"), ("kra\u0308nken", "e\u03011"), (" kr\u00e4nken", "\u00e91 ")]


def numbers(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"identifiers": [{"system": system, "value": value} for system, value in pairs]}


@pytest.mark.parametrize("pairs", [ALIKE, COMPOSED], ids=["trimmed", "composed"])
def test_identifiers_that_compare_equal_are_one(two: Two, pairs: list[tuple[str, str]]) -> None:
    first = pairs[-1]
    path, therapist = two.client(**numbers(first)), two.asks("therapist", two.ours)
    assert two.get(path, therapist).json()["identifiers"] == numbers(first)["identifiers"]
    for system, value in pairs:
        found = two.get("/v1/clients", therapist, identifier=f"{system}|{value}").json()["clients"]
        assert [it["id"] for it in found] == [path.rpartition("/")[2]]
        other = two.put(f"/v1/clients/{uuid4()}", numbers((system, value)), therapist)
        assert refused(other, 422, "rule-broken")["rule"] == "identifier-of-another-client"
        assert two.put(path, numbers((system, value)), therapist, "*").status_code == 204
        assert two.get(path, therapist).json()["identifiers"] == numbers((system, value))["identifiers"]
    twice = two.put(path, numbers(*pairs[:2]), therapist, "*")
    assert refused(twice, 422, "rule-broken")["rule"] == "identifier-twice"
    assert two.put(path, {}, therapist, "*").status_code == 204


def test_a_bar_in_a_system_is_refused_because_a_search_ends_it_there(two: Two) -> None:
    for system in ("a|b", "|", "a|"):
        answer = two.put(f"/v1/clients/{uuid4()}", numbers((system, "c")), two.asks("therapist", two.ours))
        assert refused(answer, 400, "malformed")["errors"][0]["pointer"] == "/identifiers/0/system"
    path = two.client(**numbers(("a", "b|c")))
    found = two.get("/v1/clients", two.asks("therapist", two.ours), identifier="a|b|c").json()["clients"]
    assert [it["id"] for it in found] == [path.rpartition("/")[2]]


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator"])
def test_a_partners_number_is_given_once_and_moved_by_nobody_at_a_desk(two: Two, role: str) -> None:
    partner, other = str(uuid4()), str(uuid4())
    for one in (partner, other):
        assert two.put(f"/v1/partners/{one}", EXAMPLES["Partner"]).status_code == 204
    theirs, more = (partner, "HC-1"), (other, "X-1")
    path, who = two.client(**numbers(theirs)), two.asks(role, two.ours)
    assert two.put(path, IDENTITY | numbers(theirs, more), who, "*").status_code == 204
    for moved in ((), (theirs,), ((partner, "HC-2"), more), (theirs, more, (f" {partner}", "HC-2"))):
        answer = two.put(path, IDENTITY | numbers(*moved), who, "*")
        assert refused(answer, 403, "forbidden")["rule"] == "partner-identifier-moved"
    taken = two.client()
    assert two.put(taken, numbers(theirs), who, "*").status_code == 422
    officer = two.asks("privacy_officer", everywhere=True)
    assert two.put(path, IDENTITY | numbers(more), officer, "*").status_code == 204
    assert two.put(taken, numbers(theirs), officer, "*").status_code == 204


def test_two_that_were_told_apart_before_stay_and_neither_is_guessed(two: Two) -> None:
    """As the migration leaves them: the second of a pair has a number of its own in the index."""
    paths = [two.client(), two.client()]
    clients = [UUID(path.rpartition("/")[2]) for path in paths]
    with psycopg.connect(two.service.database.superuser_url) as connection:
        for place, (client, value) in enumerate(zip(clients, ("Old", "Old "), strict=True)):
            connection.execute(
                "INSERT INTO client_identifiers (network_id, system, value, client_id, told_apart)"
                " VALUES ('demo', 'old', %s, %s, %s)",
                (value, client, place),
            )
    therapist = two.asks("therapist", two.ours)
    for value, found in (("Old", [clients[0]]), ("Old ", [clients[1]]), (" Old", [])):
        answer = two.get("/v1/clients", therapist, identifier=f"old|{value}").json()["clients"]
        assert [UUID(it["id"]) for it in answer] == found
    for path, value in zip(paths, ("Old", "Old "), strict=True):
        renamed = {"name": "Renamed"} | numbers(("old", value))
        assert two.put(path, renamed, therapist, "*").status_code == 204
    assert two.put(paths[0], {}, therapist, "*").status_code == 204
    again = two.put(paths[0], numbers(("old", "Old")), therapist, "*")
    assert refused(again, 422, "rule-broken")["rule"] == "identifier-of-another-client"
