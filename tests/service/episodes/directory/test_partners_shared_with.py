"""A partner that a client consented to share with, or was referred to, does not become another."""

from typing import Any
from uuid import uuid4

import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.directory_calls import Two
from tests.support.episodes.drafts import BODIES
from tests.support.episodes.http_calls import refused
from tests.support.episodes.http_episode import Story

HARBOR = EXAMPLES["Partner"]
RENAMED = HARBOR | {"organisation": "Harbour Chiropractic"}
REASON = {"reason": "the name was misspelt"}


def a_partner(two: Two) -> str:
    partner = str(uuid4())
    assert two.put(f"/v1/partners/{partner}", HARBOR).status_code == 204
    return partner


def shared(two: Two, partner: str) -> Story:
    """A new client who shares with it in two consents, of which one is withdrawn."""
    story = Story.begun(two.api)
    body = BODIES["sharing-consents"] | {"partner": partner}
    given = [two.api.record(f"{story.path}/sharing-consents", body) for _ in range(2)]
    consent = given[0].json()["events"][0]["id"]
    withdrawn = two.api.record(f"{story.path}/sharing-consents/{consent}/withdrawal", {"by": "client"})
    assert [one.status_code for one in (*given, withdrawn)] == [201, 201, 201]
    return story


def problem(two: Two, partner: str, entry: Any, who: Any = None, clients: int = 1) -> str:
    """The field for which the change is refused; the answer tells for how many clients."""
    document = refused(two.put(f"/v1/partners/{partner}", entry, who, "*"), 422, "rule-broken")
    assert document["rule"] == "partner-shared-with"
    assert f"for {clients} of the network's clients" in document["detail"]
    assert "new partner, with new consents" in document["detail"]
    assert two.get(f"/v1/partners/{partner}").json() == {"id": partner, **HARBOR}
    return str(document["errors"][0]["pointer"])


@pytest.mark.parametrize("clients", [1, 2])
def test_nobody_makes_another_of_a_partner_that_was_ever_shared_with(two: Two, clients: int) -> None:
    partner = a_partner(two)
    for _ in range(clients):
        shared(two, partner)
    officer = two.asks("privacy_officer", everywhere=True)
    bought = {"kind": "employer", "organisation": "Other Company"}
    for who in (None, officer):
        assert problem(two, partner, bought, who, clients) == "/kind"
        assert problem(two, partner, bought | REASON, who, clients) == "/kind"
        assert problem(two, partner, RENAMED, who, clients) == "/organisation"
    assert problem(two, partner, RENAMED | REASON, None, clients) == "/organisation", "by a service"
    assert two.put(f"/v1/partners/{partner}", HARBOR).status_code == 204, (
        "what it says already changes nothing"
    )


def test_a_privacy_officer_corrects_how_it_is_spelt_and_says_why(two: Two) -> None:
    partner = a_partner(two)
    story = shared(two, partner)
    officer = two.asks("privacy_officer", everywhere=True)
    path = f"/v1/partners/{partner}"
    assert two.put(path, RENAMED | REASON, officer, '"1"').status_code == 204
    assert two.get(path).json() == {"id": partner, **RENAMED}
    created, change = two.get(f"{path}/history", officer).json()["changes"]
    assert "reason" not in created
    assert (change["reason"], change["former"]) == (
        REASON["reason"],
        {"organisation": HARBOR["organisation"]},
    )
    for consent in two.get(story.path).json()["sharing-consents"][:2]:
        said = (consent["partner_kind"], consent["partner_organisation"])
        assert said == (HARBOR["kind"], HARBOR["organisation"]), "as it was when the consent was recorded"


def test_one_that_was_referred_to_is_alike_and_one_that_was_not_is_changed_freely(two: Two) -> None:
    referred, free = a_partner(two), a_partner(two)
    imported = {"partner": referred, "origin": "imported", "occurred_at": "2026-09-02T09:00:00-07:00"}
    answer = two.api.record(f"{Story.begun(two.api).path}/referrals", imported)
    assert answer.status_code == 201, answer.text
    assert problem(two, referred, RENAMED) == "/organisation"
    bought = {"kind": "other", "organisation": "Free"}
    assert two.put(f"/v1/partners/{free}", bought, None, "*").is_success


def test_the_clients_of_another_network_do_not_count(two: Two) -> None:
    partner = a_partner(two)
    two.service.rows(
        """INSERT INTO client_subjects (network_id, client_id, partner_id, subject)
        VALUES ('apart', %s, %s, %s) RETURNING 1""",
        *(uuid4(), partner, uuid4()),
    )
    assert two.put(f"/v1/partners/{partner}", RENAMED, None, "*").is_success


def test_whom_a_consent_is_to_is_shown_to_staff_and_to_no_partner(two: Two) -> None:
    partner = a_partner(two)
    story = Story.begun(two.api)
    body = BODIES["sharing-consents"] | {"partner": partner, "kinds": ["sessions", "opening", "screening"]}
    assert two.api.record(f"{story.path}/sharing-consents", body).status_code == 201
    assert "partner_organisation" in two.get(story.path).text
    told = two.get(story.path, two.asks("partner", organisation=partner, everywhere=True))
    assert told.status_code == 200, told.text
    assert HARBOR["organisation"] not in told.text
