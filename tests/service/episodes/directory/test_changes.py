"""Changes of entries: each says which version it replaces, and is kept with who, when, and from what."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from care_platform.http.fault_words import of_request
from episodes.http.examples import EXAMPLES
from tests.support.episodes.directory_calls import IDENTITY, Two
from tests.support.episodes.http_calls import refused

KINDS: dict[str, tuple[dict[str, Any], dict[str, Any], str, Any]] = {
    "clients": (IDENTITY, {**IDENTITY, "name": "Ada Exemplar"}, "name", "Ada Example"),
    "clinics": ({"zone": "UTC"}, {"zone": "America/Los_Angeles"}, "zone", "UTC"),
    "staff": ({"role": "student", "name": "Tess"}, {"role": "therapist", "name": "Tess"}, "role", "student"),
    "partners": (
        EXAMPLES["Partner"],
        EXAMPLES["Partner"] | {"organisation": "Harbor"},
        "organisation",
        EXAMPLES["Partner"]["organisation"],
    ),
}
"""For each resource: an entry, another one in its place, and the field that changed with its former value."""


@pytest.mark.parametrize("resource", KINDS)
def test_a_change_needs_the_version_it_replaces(two: Two, resource: str) -> None:
    first, second, _, _ = KINDS[resource]
    path = f"/v1/{resource}/{uuid4()}"
    refused(two.put(path, first, match='"1"'), 412, "moved")
    created = two.put(path, first)
    assert (created.status_code, created.headers["etag"]) == (204, '"1"')
    assert two.put(path, first).headers["etag"] == '"1"'
    assert two.get(path).headers["etag"] == '"1"'
    document = refused(two.put(path, second), 428, "precondition-required")
    assert document["errors"] == [of_request("/headers/if-match", "required")]
    assert refused(two.put(path, second, match='"2"'), 412, "moved")["version"] == 1
    refused(two.put(path, second, match='W/"1"'), 412, "moved")
    assert two.put(path, second, match='"0", "1"').headers["etag"] == '"2"'
    assert two.put(path, second, match='"1"').headers["etag"] == '"2"'  # sent again, as after a lost answer
    refused(two.put(path, first, match='"1"'), 412, "moved")
    assert two.put(path, first, match="*").headers["etag"] == '"3"'


@pytest.mark.parametrize("resource", KINDS)
def test_a_history_says_who_changed_what_when_and_from_what(two: Two, resource: str) -> None:
    first, second, field, former = KINDS[resource]
    path, person = f"/v1/{resource}/{uuid4()}", str(uuid4())
    officer = two.asks("privacy_officer", everywhere=True, subject=person)
    chain = str(uuid4())
    assert two.put(path, first).status_code == 204
    assert two.put(path, second, {**officer, "x-correlation-id": chain}, '"1"').status_code == 204
    created, change = two.get(f"{path}/history", officer).json()["changes"]
    assert (created["action"], created["version"]) == ("created", 1)
    assert change.pop("at") >= created["at"]
    assert change == {
        "action": "changed",
        "actor": person,
        "role": "privacy_officer",
        "correlation_id": chain,
        "version": 2,
        "fields": [field],
        "former": {field: former},
    }


def test_what_an_identity_was_goes_with_it_and_who_changed_it_stays(two: Two) -> None:
    path = two.client()
    desk, officer = two.asks("coordinator", two.ours), two.asks("privacy_officer", two.ours)
    assert two.put(path, {"name": "Another"}, desk, '"1"').status_code == 204
    refused(two.api.http.delete(path, headers=officer), 428, "precondition-required")
    refused(two.api.http.delete(path, headers={**officer, "if-match": '"1"'}), 412, "moved")
    assert two.api.http.delete(path, headers={**officer, "if-match": '"2"'}).status_code == 204
    refused(two.get(path, officer), 404, "not-found")
    refused(two.api.http.delete(path, headers={**officer, "if-match": '"3"'}), 404, "not-found")
    told = two.get(f"{path}/history", officer)
    assert [it["action"] for it in told.json()["changes"]] == ["created", "registered", "changed", "deleted"]
    assert "former" not in told.text
    kept = two.service.rows("SELECT * FROM former_identities WHERE client_id = %s", path.rpartition("/")[2])
    assert kept == []
    refused(two.get(f"{path}/history", two.asks("supervisor", two.theirs)), 404, "not-found")
    refused(two.put(path, IDENTITY, two.asks("coordinator", two.theirs)), 404, "not-found")
    assert two.put(path, IDENTITY, desk).headers["etag"] == '"4"', "a version is never given twice"


def test_registrations_elsewhere_are_told_only_if_somebody_identified_the_client(two: Two) -> None:
    number = {"system": "loud", "value": str(uuid4())}
    path = two.client(identifiers=[number])
    both = two.asks("coordinator", two.ours, two.theirs)
    assert two.put(f"{path}/registrations/{two.theirs}", who=both).status_code == 204
    ours, everybody = two.asks("supervisor", two.ours), two.asks("auditor", everywhere=True)

    def registered(who: dict[str, str]) -> list[tuple[str, str]]:
        changes = two.get(f"{path}/history", who).json()["changes"]
        return [(it["how"], it["clinic"]) for it in changes if it["action"] == "registered"]

    assert registered(ours) == [("created", two.ours)]
    assert registered(everybody) == [("created", two.ours), ("added", two.theirs)]
    third = str(uuid4())
    assert two.put(f"/v1/clinics/{third}", {"zone": "UTC"}).status_code == 204
    given = {"identifier": number, "birth_date": IDENTITY["birth_date"]}
    assert two.put(f"/v1/clients/registrations/{third}", given, two.asks("therapist", third)).is_success
    assert registered(ours) == [("created", two.ours), ("identified", third)]


@pytest.mark.parametrize("table", ["directory_changes", "client_registrations", "identity_accesses"])
def test_a_history_only_grows(two: Two, table: str) -> None:
    two.get(two.client(), two.asks("therapist", two.ours))
    for process in ("api", "owner"):
        with psycopg.connect(two.service.database.url(process)) as connection:
            connection.execute("SELECT set_config('care.networks', 'demo', true)")
            for change in ("DELETE FROM {}", "UPDATE {} SET network_id = 'x'", "TRUNCATE {}"):
                with pytest.raises(psycopg.Error), connection.transaction():
                    connection.execute(change.format(table).encode())
