"""Partners over HTTP: there by a consent or an open referral, answering their own referrals and reporting."""

from typing import Any
from uuid import uuid4

import pytest

from episodes.http.examples import COLLEAGUE, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.http_calls import refused
from tests.support.episodes.http_episode import Story, kind_of
from tests.support.episodes.partner_api import (
    ANOTHER,
    EVERY_KIND,
    UNINVOLVED,
    Served,
    consented,
    withdrawn,
)
from tests.support.vocabulary_page import COMMANDS

ACCEPTED, DECLINED = {"accepted": True}, {"accepted": False}
WITHDRAWALS = {
    *("sharing-consents/{about}/withdrawal", "clients/{client}/sharing-withdrawals"),
    "referrals/{about}/withdrawal",
}
REPORT = {name: part for name, part in EXAMPLES["PartnerReportedCommand"].items() if name != "partner"}


@pytest.fixture
def served(partnered: Served) -> Served:
    return partnered


def referred(story: Story) -> str:
    """A referral to the partner whose consent has ended since: the way to answer it."""
    if "sharing-consents" not in story.events:
        story.did("referrals")
        withdrawn(story, story.did("sharing-consents"))
    return f"{story.path}/referrals/{story.did('referrals')}"


def test_with_an_open_referral_alone_a_partner_sees_the_shell_and_may_answer(served: Served) -> None:
    story = served.story()
    referral = referred(story)
    shell = served.sees(story.path).json()
    assert set(shell) == {"id", "version", "clinic", "client"}
    assert shell["client"] != story.client
    for event in story.events.values():
        refused(served.sees(f"{story.path}/events/{event}"), 404, "not-found")
    assert served.sent(story.events) == set()
    refused(served.sees(f"{story.path}/history"), 403, "forbidden")
    answer = served.does(f"{referral}/answer", ACCEPTED)
    assert answer.status_code == 201
    refused(served.sees(answer.headers["location"]), 404, "not-found")
    assert set(served.sees(story.path).json()) == set(shell)


@pytest.mark.parametrize("how", ["declined", "withdrawn"])
def test_a_referral_that_is_over_leaves_nothing_to_see(served: Served, how: str) -> None:
    story, key = served.story(), uuid4()
    referral = referred(story)
    if how == "declined":
        first = served.does(f"{referral}/answer", DECLINED, key=key)
        assert first.status_code == 201
    else:
        story.did("referrals/{about}/withdrawal")
    refused(served.sees(story.path), 404, "not-found")
    refused(served.does(f"{referral}/answer", ACCEPTED), 404, "not-found")
    refused(served.does(f"{story.path}/partner-reports", REPORT), 404, "not-found")


def test_an_answer_repeated_by_its_sender_is_the_same_to_the_byte(served: Served) -> None:
    story, key = served.story(), uuid4()
    path, mine = f"{referred(story)}/answer", served.of(PARTNER)
    first, again = (served.api.record(path, DECLINED, key, mine) for _ in range(2))
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    other = served.api.record(path, DECLINED, key, served.of(ANOTHER))
    assert refused(other, 422, "key-reused")


def test_an_answer_to_a_partner_does_not_tell_whether_the_episode_is_closed(served: Served) -> None:
    story = served.story()
    referral = referred(story)
    story.did("closure")
    for answer in (
        served.does(f"{referral}/answer", ACCEPTED),
        served.does(f"{story.path}/partner-reports", REPORT),
    ):
        assert answer.status_code == 201
        assert set(answer.json()["episode"]) == {"id", "version"}
        assert "closed" not in answer.text
    assert "status" not in served.sees(story.path).json()
    story.did("reopening")
    consented(story, "closure")
    assert served.sees(story.path).json()["status"] == "open"


def test_a_referral_and_what_follows_is_for_its_partner_alone(served: Served) -> None:
    story = served.story()
    for partner in (PARTNER, ANOTHER):
        consented(story, *EVERY_KIND, partner=partner)
    referral, answers = story.did("referrals"), {}
    path = f"{story.path}/referrals/{referral}"
    answers["answer"] = served.does(f"{path}/answer", ACCEPTED)
    answers["report"] = served.does(f"{story.path}/partner-reports", {**REPORT, "referral": referral})
    answers["correction"] = story.api.record(
        f"{story.path}/events/{answers['report'].json()['events'][0]['id']}/correction",
        {"of": "partner-reported.1", "reason_code": "other", "reason": "x", "replacement": REPORT},
    )
    answers["withdrawal"] = story.tell("referrals/{about}/withdrawal")
    events = {step: answer.json()["events"][0]["id"] for step, answer in answers.items()}
    events["referrals"] = referral
    assert served.shown(story, events) == set(events)
    assert served.shown(story, events, ANOTHER) == set()
    assert {one["reason"] for one in served.decided(*events.values(), partner=ANOTHER)} == {"not_shared"}
    theirs, others = (served.sees(story.path, partner).json() for partner in (PARTNER, ANOTHER))
    assert {"referrals", "partner-reports"} <= set(theirs)
    assert PARTNER not in str(others)
    assert theirs["client"] != others["client"]


def test_a_partner_answers_and_reports_for_itself_alone(served: Served) -> None:
    story = served.story()
    consented(story, "plans", partner=ANOTHER)
    referral = story.did("referrals")
    path = f"{story.path}/referrals/{referral}"
    refused(served.does(f"{path}/answer", ACCEPTED, ANOTHER), 404, "not-found")
    reports = f"{story.path}/partner-reports"
    wrong = refused(served.does(reports, {**REPORT, "partner": PARTNER}, ANOTHER), 422, "rule-broken")
    assert (wrong["rule"], wrong["errors"][0]["pointer"]) == ("report-of-another-partner", "/partner")
    wrong = refused(served.does(reports, {**REPORT, "referral": referral}, ANOTHER), 422, "rule-broken")
    assert (wrong["rule"], wrong["errors"][0]["pointer"]) == ("unknown-event", "/referral")
    refused(served.does(f"{path}/answer", ACCEPTED, UNINVOLVED), 404, "not-found")
    refused(served.does(reports, REPORT, UNINVOLVED), 404, "not-found")
    told = served.does(reports, REPORT, ANOTHER)
    assert served.api.http.get(told.headers["location"]).json()["fact"]["partner"] == ANOTHER
    imported = served.does(reports, {**REPORT, "origin": "imported"}, ANOTHER)
    assert refused(imported, 403, "forbidden")["rule"] == "imported-by-a-service-only"


def reported(served: Served) -> tuple[Story, str, dict[str, Any]]:
    """A story with two partners, where they report, and a report with an id of their own system."""
    story = served.story()
    for partner in (PARTNER, ANOTHER):
        consented(story, "plans", partner=partner)
    source_ref = {"system": "ehr", "value": str(uuid4())}
    return story, f"{story.path}/partner-reports", {**REPORT, "source_ref": source_ref}


def test_a_partners_source_refs_are_its_own(served: Served) -> None:
    """It learns nothing of others' by them, takes none away, and its own counts once, from any release."""
    story, reports, body = reported(served)
    theirs = story.tell("red-flags", {"/source_ref": body["source_ref"]})
    assert theirs.status_code == 201, theirs.text
    for partner in (PARTNER, ANOTHER):
        told = served.does(reports, body, partner)
        assert told.status_code == 201, told.text
        again = refused(served.does(reports, body, partner), 409, "reference-known")
        assert again["event"] == told.json()["events"][0]["id"]
    known = refused(story.tell("assessments", {"/source_ref": body["source_ref"]}), 409, "reference-known")
    assert known["event"] == theirs.json()["events"][0]["id"]


def test_a_partners_source_ref_of_an_earlier_release_still_counts_for_it_alone(served: Served) -> None:
    _, reports, body = reported(served)
    told = served.does(reports, body)
    served.service.rows(
        "UPDATE source_refs SET reference = %s WHERE event_id = %s RETURNING event_id",
        served.service.reference("demo", **body["source_ref"]),
        told.json()["events"][0]["id"],
    )
    again = refused(served.does(reports, body), 409, "reference-known")
    assert again["event"] == told.json()["events"][0]["id"]
    assert served.does(reports, body, ANOTHER).status_code == 201


def test_what_a_partner_sees_of_a_referral_names_none_of_our_people(served: Served) -> None:
    story = served.story()
    consented(story, *EVERY_KIND)
    changes = {"/recorded_by": COLLEAGUE, "/performer": THERAPIST}
    answer = story.tell("referrals/{about}/answer", changes)
    event, state = served.sees(answer.headers["location"]), served.sees(story.path)
    assert event.status_code == 200
    for text in (event.text, state.text):
        assert not any(secret in text for secret in (COLLEAGUE, THERAPIST, story.client))


def test_who_else_referred_the_client_is_not_told_even_by_a_correction(served: Served) -> None:
    story = served.story()
    opening = {
        **EXAMPLES["EpisodeOpenedCommand"],
        "client": story.client,
        "referral": {"source": "partner", "partner": ANOTHER, "their_reference": "AN-7"},
    }
    told = served.api.record("/v1/episodes", opening).json()
    story.path, story.events["episodes"] = f"/v1/episodes/{told['episode']['id']}", told["events"][0]["id"]
    for partner in (PARTNER, ANOTHER):
        consented(story, "opening", partner=partner)
    kept = ("client", "therapist", "complaint", "referral")
    replacement = {name: opening[name] for name in kept}
    corrected = story.tell(
        "events/{about}/correction",
        {"/of": "episode-opened.1", "/replacement": replacement},
        about="episodes",
    )
    paths = [story.path, story.event("episodes"), corrected.headers["location"]]
    for path in paths:
        assert "AN-7" in served.sees(path, ANOTHER).text
        mine = served.sees(path)
        assert mine.status_code == 200
        assert not any(secret in mine.text for secret in ("AN-7", ANOTHER, THERAPIST, story.client))


def test_an_imported_referral_without_consent_is_a_breach_and_opens_the_shell_alone(served: Served) -> None:
    story = served.story()
    request = story.asked("referrals", {"/origin": "imported", "/precision": "unknown"}, bare=True)
    made = served.api.record(request.path, request.body)
    fact = served.api.http.get(made.headers["location"]).json()["fact"]
    assert [breach["rule"] for breach in fact["breaches"]] == ["referral-needs-consent"]
    assert set(served.sees(story.path).json()) == {"id", "version", "clinic", "client"}
    refused(served.sees(made.headers["location"]), 404, "not-found")


def test_each_kind_lets_its_events_through_and_no_others(served: Served) -> None:
    """Reading and sending agree, for every kind there is."""
    story, steps = served.story(), [resource for resource in COMMANDS if resource not in WITHDRAWALS]
    for step in steps:
        story.did(step)
    withdrawn(story, story.did("sharing-consents"))
    for kind in EVERY_KIND:
        given = consented(story, kind)
        assert served.sent(story.events) == {step for step in steps if kind_of(step) == kind}, kind
        withdrawn(story, given)
