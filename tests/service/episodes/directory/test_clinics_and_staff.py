"""A coordinator reaches its own clinics and those who work there; licences are given by others."""

from typing import Any
from uuid import uuid4

import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.directory_calls import Two
from tests.support.episodes.http_calls import refused

LICENCES = EXAMPLES["Staff"]["licences"]


def person(two: Two, who: Any, **more: Any) -> str:
    path = f"/v1/staff/{uuid4()}"
    assert two.put(path, {"role": "therapist", **more}, who).status_code == 204
    return path


def test_a_coordinator_sets_the_zone_of_its_own_clinics(two: Two) -> None:
    desk = two.asks("coordinator", two.ours)
    zone = {"zone": "Europe/Berlin"}
    assert two.put(f"/v1/clinics/{two.ours}", zone, desk, "*").status_code == 204
    assert two.put(f"/v1/clinics/{two.ours}", {"zone": "UTC"}, desk, "*").status_code == 204
    for clinic in (two.theirs, str(uuid4())):
        refused(two.put(f"/v1/clinics/{clinic}", zone, desk), 404, "not-found")
    assert two.get(f"/v1/clinics/{two.theirs}").json()["zone"] == "UTC"
    new = str(uuid4())
    assert two.put(f"/v1/clinics/{new}", zone, two.asks("coordinator", new)).status_code == 204


def test_staff_work_at_the_clinics_of_whoever_enters_them_if_no_others_are_named(two: Two) -> None:
    desk = two.asks("coordinator", two.ours)
    path = person(two, desk)
    assert two.get(path, desk).json()["clinics"] == [two.ours]
    assert two.put(path, {"role": "supervisor"}, desk, '"1"').status_code == 204
    assert two.get(path, desk).json()["clinics"] == [two.ours]
    assert two.get(person(two, None)).json()["clinics"] == []


def test_a_coordinator_changes_the_staff_of_its_own_clinics_and_nobody_elses(two: Two) -> None:
    desk, officer = two.asks("coordinator", two.ours), two.asks("privacy_officer", everywhere=True)
    theirs, nowhere = person(two, officer, clinics=[two.theirs]), person(two, officer)
    for path in (theirs, nowhere):
        refused(two.put(path, {"role": "student"}, desk, "*"), 404, "not-found")
    ours = person(two, desk)
    licensed = {"role": "therapist", "licences": LICENCES}
    assert two.put(ours, licensed, desk, "*").status_code == 204
    for clinics in ([two.theirs], [two.ours, two.theirs], [two.ours, str(uuid4())]):
        answer = two.put(ours, licensed | {"clinics": clinics}, desk, "*")
        assert refused(answer, 422, "rule-broken")["rule"] == "unknown-clinic"
    both = licensed | {"clinics": [two.ours, two.theirs]}
    assert two.put(ours, both, officer, "*").status_code == 204
    assert two.put(ours, {"role": "student", "licences": LICENCES}, desk, "*").status_code == 204
    assert two.put(ours, licensed | {"clinics": [two.theirs]}, desk, "*").status_code == 204
    refused(two.put(ours, {"role": "student"}, two.asks("coordinator"), "*"), 404, "not-found")


@pytest.mark.parametrize("clinics", [[], ["unknown"]])
def test_a_coordinator_enters_nobody_outside_its_clinics(two: Two, clinics: list[str]) -> None:
    named = [str(uuid4()) for _ in clinics]
    answer = two.put(f"/v1/staff/{uuid4()}", {"role": "therapist"}, two.asks("coordinator", *named))
    assert refused(answer, 422, "rule-broken")["rule"] == "unknown-clinic"


@pytest.mark.parametrize("role", ["coordinator", "privacy_officer"])
def test_nobody_writes_their_own_licence(two: Two, role: str) -> None:
    own = str(uuid4())
    path, themselves = f"/v1/staff/{own}", two.asks(role, two.ours, subject=own)
    licensed = {"role": "coordinator", "licences": LICENCES}
    assert refused(two.put(path, licensed, themselves), 403, "forbidden")["rule"] == "own-licence"
    assert two.put(path, {"role": "coordinator"}, themselves).status_code == 204
    assert refused(two.put(path, licensed, themselves, "*"), 403, "forbidden")["rule"] == "own-licence"
    assert two.put(path, licensed, two.asks("coordinator", two.ours), "*").status_code == 204
    named = licensed | {"name": "Cora"}
    assert two.put(path, named, themselves, "*").status_code == 204
    assert refused(two.put(path, {"role": "coordinator"}, themselves, "*"), 403, "forbidden")["rule"]


def test_partners_are_the_networks(two: Two) -> None:
    path = f"/v1/partners/{uuid4()}"
    refused(two.put(path, EXAMPLES["Partner"], two.asks("coordinator", two.ours)), 403, "forbidden")
    assert two.put(path, EXAMPLES["Partner"], two.asks("privacy_officer", two.ours)).status_code == 204
