"""A birth date is a day, a month or a year of a living person; what is no day is shown apart from days."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.episodes.directory_calls import Two
from tests.support.episodes.http_calls import refused


def days_ahead(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"birth_date": "1980-05-17"}, {"birth_date": "1980-05-17"}),
        ({"birth_date": "1980-05"}, {"born": "1980-05"}),
        ({"birth_date": "1980"}, {"born": "1980"}),
        ({"born": "1980"}, {"born": "1980"}),
        ({"birth_date": "1900-01-01"}, {"birth_date": "1900-01-01"}),
        ({"birth_date": days_ahead(0)}, {"birth_date": days_ahead(0)}),
        ({}, {}),
    ],
)
def test_what_is_known_of_a_birth_date_is_shown(two: Two, given: Any, shown: Any) -> None:
    desk = two.asks("coordinator", two.ours)
    client = f"/v1/clients/{uuid4()}"
    assert two.put(client, given, desk).status_code == 204
    entry = two.get(client, desk).json()
    assert {name: said for name, said in entry.items() if name in ("birth_date", "born")} == shown
    assert two.put(client, given, desk).status_code == 204, "sent again it changes nothing"
    assert two.put(client, shown, desk).status_code == 204, "what is read can be sent back"
    assert two.get(client, desk).headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"birth_date": days_ahead(2)}, "/birth_date"),
        ({"birth_date": "1899-12-31"}, "/birth_date"),
        ({"birth_date": "0001-01-01"}, "/birth_date"),
        ({"born": "2999"}, "/born"),
        ({"birth_date": "2999-01"}, "/born"),
        ({"born": "1899"}, "/born"),
        ({"born": "0000"}, "/born"),
    ],
)
def test_a_birth_that_cannot_be_is_refused(two: Two, given: Any, pointer: str) -> None:
    desk = two.asks("coordinator", two.ours)
    client = f"/v1/clients/{uuid4()}"
    problem = refused(two.put(client, given, desk), 422, "rule-broken")
    assert (problem["rule"], problem["errors"][0]["pointer"]) == ("birth-date-out-of-range", pointer)
    assert problem["detail"] == "A birth date lies between 1900 and today."
    refused(two.get(client, desk), 404, "not-found")


def test_a_day_and_a_year_contradict_each_other(two: Two) -> None:
    both = {"birth_date": "1980-05-17", "born": "1980"}
    refused(two.put(f"/v1/clients/{uuid4()}", both, two.asks("coordinator", two.ours)), 400, "malformed")


def test_nobody_is_identified_by_a_year(two: Two) -> None:
    number = {"system": "https://numbers.example", "value": str(uuid4())}
    client = f"/v1/clients/{uuid4()}"
    body = {"born": "1980", "identifiers": [number]}
    assert two.put(client, body, two.asks("coordinator", two.ours)).status_code == 204
    there = two.asks("coordinator", two.theirs)
    path = f"/v1/clients/registrations/{two.theirs}"
    for born, status in (("1980", 400), ("1980-01-01", 404)):
        answer = two.put(path, {"identifier": number, "birth_date": born}, there)
        assert answer.status_code == status
