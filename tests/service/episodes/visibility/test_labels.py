"""Labels and amendments before a partner: the labelled needs its label, the amended is shown as amended."""

from typing import Any

import httpx
import pytest

from episodes.http.examples import EXAMPLES, THERAPIST
from tests.support.episodes.http_calls import refused
from tests.support.episodes.http_episode import Story
from tests.support.episodes.partner_api import EVERY_KIND, Served, consented, withdrawn

LABEL, ELSE = "abuse", "mental_health"
SCREENING = EXAMPLES["SessionCheckedCommand"]["screening"]
FIRST, THEN = "as first written", "as it stands now"
NOTE = {"stage": "midpoint", "history": FIRST}


@pytest.fixture
def served(partnered: Served) -> Served:
    return partnered


def recorded(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    event: str = answer.json()["events"][0]["id"]
    return event


def noted(story: Story, *labels: str, **more: Any) -> str:
    """An assessment; its event."""
    body = {**NOTE, "labels": labels, **more}
    return recorded(story.api.record(f"{story.path}/assessments", body))


def corrected(story: Story, event: str, history: str, **more: Any) -> str:
    body = {"of": "assessed.1", "reason_code": "misheard", "reason": "x", **more}
    body["replacement"] = {**NOTE, "history": history, **more.get("replacement", {})}
    return recorded(story.api.record(f"{story.path}/events/{event}/correction", body))


def retracted(story: Story, event: str) -> str:
    return recorded(story.api.record(f"{story.path}/events/{event}/retraction", {"reason": "Another client"}))


STOP = {"/screening/items/0": {"code": "fever", "answer": "present", "judgement": "stop"}}


@pytest.mark.parametrize(
    "resource",
    ["assessments", "clearances", "responses", "red-flags", "hold", "sessions", "session-checks"],
)
def test_a_labelled_fact_needs_a_consent_that_names_each_label(served: Served, resource: str) -> None:
    story = served.story()
    stop = STOP if resource == "session-checks" else {}
    answer = story.tell(resource, {**stop, "/labels": [LABEL, ELSE]})
    events = {event["type"]: event["id"] for event in answer.json()["events"]}
    assert len(events) == (2 if resource == "session-checks" else 1), "a flag a check raised is labelled, too"
    for labels in ([], [LABEL], [ELSE]):
        given = consented(story, *EVERY_KIND, labels_allowed=labels)
        assert served.shown(story, events) == set()
        assert not any(event in served.sees(story.path).text for event in events.values())
        withdrawn(story, given)
    consented(story, *EVERY_KIND, labels_allowed=[ELSE, LABEL])
    assert served.shown(story, events) == set(events)
    assert events.popitem()[1] in served.sees(story.path).text


def test_two_consents_do_not_add_up_to_one(served: Served) -> None:
    story = served.story()
    events = {"note": noted(story, LABEL)}
    consented(story, "assessments")
    consented(story, "plans", labels_allowed=[LABEL])
    assert served.shown(story, events) == set()


def test_an_amendment_has_the_labels_of_its_entry(served: Served) -> None:
    story = served.story()
    note = noted(story, LABEL)
    addition = {"of": "assessed.1", "added": {"symptoms": "worse at night"}}
    events = {
        "addition": recorded(story.api.record(f"{story.path}/events/{note}/addition", addition)),
        "correction": corrected(story, note, THEN, replacement={"symptoms": "worse at night"}),
    }
    given = consented(story, "assessments")
    assert served.shown(story, events) == set()
    withdrawn(story, given)
    consented(story, "assessments", labels_allowed=[LABEL])
    assert served.shown(story, events) == set(events)
    events["retraction"] = retracted(story, note)
    assert served.shown(story, events) == {"retraction"}


def test_a_retraction_has_the_labels_of_what_it_took_back(served: Served) -> None:
    story = served.story()
    events = {"retraction": retracted(story, noted(story, LABEL))}
    consented(story, "assessments")
    assert served.shown(story, events) == set()
    consented(story, "assessments", labels_allowed=[LABEL])
    assert served.shown(story, events) == set(events)


def test_a_label_given_later_holds_for_all_that_was_said_before(served: Served) -> None:
    """Also in older versions, and for an amendment that came before the label."""
    story = served.story()
    note = noted(story)
    events = {"note": note, "first": corrected(story, note, THEN)}
    consented(story, "assessments")
    assert served.shown(story, events) == set(events)
    events["second"] = corrected(story, note, THEN, labels=[LABEL])
    assert served.shown(story, events) == set()
    for path in (story.path, *(f"{story.path}?version={version}" for version in range(2, 6))):
        assert "assessments" not in served.sees(path).json()


def test_a_flag_raised_by_a_corrected_check_has_the_labels_of_the_check(served: Served) -> None:
    story = served.story()
    check = recorded(story.tell("session-checks", {"/labels": [LABEL]}))
    stop = {"list_version": "1", "items": [{"code": "night_pain", "answer": "present", "judgement": "stop"}]}
    body = {"of": "session-checked.1", "reason_code": "misheard", "reason": "x"}
    answer = story.api.record(
        f"{story.path}/events/{check}/correction", {**body, "replacement": {"screening": stop}}
    )
    events = {event["type"]: event["id"] for event in answer.json()["events"]}
    assert set(events) == {"entry-corrected.1", "red-flag-raised.1"}
    consented(story, *EVERY_KIND)
    assert served.shown(story, events) == set()
    consented(story, *EVERY_KIND, labels_allowed=[LABEL])
    assert served.shown(story, events) == set(events)


def test_a_retracted_entry_is_not_disclosed_any_more(served: Served) -> None:
    """Neither by itself, nor in an older version, nor by what had amended it; the retraction is."""
    story = served.story()
    note = noted(story)
    events = {"note": note, "correction": corrected(story, note, THEN)}
    consented(story, "assessments")
    assert THEN in served.sees(story.path).text
    events["retraction"] = retracted(story, note)
    assert served.shown(story, events) == {"retraction"}
    assert {one["reason"] for one in served.decided(note, events["correction"])} == {"redacted"}
    for path in (story.path, *(f"{story.path}?version={version}" for version in range(2, 6))):
        text = served.sees(path).text
        assert THEN not in text
        assert FIRST not in text
    assert FIRST in served.api.http.get(f"{story.path}/events/{note}").text, "staff read what was recorded"


def test_a_corrected_entry_shows_what_stands_now(served: Served) -> None:
    """Wherever it is read: in its place, in older versions, in a correction that was itself corrected."""
    story = served.story()
    note = noted(story)
    consented(story, "assessments")
    first = corrected(story, note, "in between")
    corrected(story, first, THEN, performed_by=THERAPIST)
    paths = [story.path, *(f"{story.path}?version={version}" for version in range(3, 6))]
    paths += [f"{story.path}/events/{event}" for event in (note, first)]
    for path in paths:
        text = served.sees(path).text
        assert THEN in text
        assert FIRST not in text
        assert "in between" not in text
        assert THERAPIST not in text
    shown = served.sees(f"{story.path}/events/{note}").json()
    assert [one["type"] for one in shown["amended_by"]] == ["entry-corrected.1"] * 2


def test_screening_inside_an_amendment_needs_its_own_kind(served: Served) -> None:
    story = served.story()
    session = story.did("sessions")
    replacement = {
        "date_of_service": "2026-09-03",
        "techniques": [{"code": "deep_tissue", "site": {"code": "lumbar_spine"}}],
        "screening": SCREENING,
        "health_update": {"changes": "A new medicine"},
    }
    body = {"of": "session-delivered.1", "reason_code": "incomplete", "reason": "x"}
    correction = story.api.record(
        f"{story.path}/events/{session}/correction", {**body, "replacement": replacement}
    )
    added = {"of": "assessed.1", "added": {"screening": SCREENING, "symptoms": "sore"}}
    addition = story.api.record(f"{story.path}/events/{story.did('assessments')}/addition", added)
    paths = [answer.headers["location"] for answer in (correction, addition)] + [story.path]
    given = consented(story, "sessions", "assessments")
    for path in paths:
        text = served.sees(path).text
        assert "deep_tissue" in text or "sore" in text
        assert not any(part in text for part in ("screening", "health_update", "breaches", "new medicine"))
    withdrawn(story, given)
    consented(story, "sessions", "assessments", "screening")
    for path in paths:
        assert "screening" in served.sees(path).text


def test_a_dispute_about_an_entry_and_who_vouched_for_it_are_not_told(served: Served) -> None:
    story = served.story()
    story.did("attestations")
    story.did("events/{about}/amendment-refusal")
    consented(story, *EVERY_KIND)
    for path in (story.path, story.event("sessions")):
        text = served.sees(path).text
        assert story.did("sessions") in text
        assert not any(part in text for part in ("amended_by", "attested_by", "refused", "attested"))
    for step in ("attestations", "events/{about}/amendment-refusal"):
        refused(served.sees(story.event(step)), 404, "not-found")
