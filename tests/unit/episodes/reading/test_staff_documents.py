"""What staff are shown of an episode: its state, its history and one event; a former clinic up to its end."""

from dataclasses import replace
from uuid import UUID

import pytest

from episodes.domain.care.amendments import AmendmentRefused, EntryAttested
from episodes.domain.event import Redacted
from episodes.domain.vocabulary import evolve_all
from episodes.errors import NotThere
from episodes.reading import documents
from episodes.visibility import Viewer, viewer
from tests.support.episodes.batches import seen_as
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    FLAGGED,
    OPENED,
    READY,
    a_flag_clearing,
    a_hold,
    shared,
    treated,
)
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    COLLEAGUE,
    NOW,
    OTHER_CLINIC,
    THERAPIST,
    march,
    moment,
    past,
    recorded,
    replayed,
)
from tests.support.episodes.viewers import (
    OTHERS,
    STAFF,
    TRANSFERRED,
    added,
    entries_of,
    episode_of,
    event,
    retracted,
    seen,
    state,
)


def test_the_history_shows_each_event_whole_and_who_recorded_it() -> None:
    look, entries = seen(STAFF, OPENED, past(BASELINE.fact, march(2, 10), "mental_health"))
    first, second = documents.history(look, entries)["events"]
    assert (first["event_id"], first["version"], first["type"]) == (OPENED.id, 1, "episode-opened.1")
    assert first["actor"] == {"id": THERAPIST, "role": "therapist"}
    assert (first["client"], first["fact"]["client"]) == (CLIENT, CLIENT)
    assert (first["labels"], second["labels"]) == ((), ("mental_health",))
    assert second["fact"].items() >= {"stage": "baseline", "symptoms": "sore in the morning"}.items()
    assert "performer" not in first


def test_an_erased_event_stands_in_the_history_and_says_so() -> None:
    look, entries = seen(STAFF, OPENED)
    (shown,) = documents.history(look, [replace(entries[0], fact=Redacted())])["events"]
    assert shown["fact"] == {"redacted": True}
    assert shown["event_id"] == OPENED.id


def test_what_was_said_of_an_event_later_stands_beside_it() -> None:
    session = treated()
    vouched = past(EntryAttested(events=(session.id, BASELINE.id), by=COLLEAGUE), march(13))
    disputed = past(AmendmentRefused(event=session.id, reason="it was so"), march(14))
    addition = added(session, "session-delivered.1", position="prone")
    history = (*READY, CHECKED, session, addition, vouched, disputed)
    about = {
        "amended_by": [
            {"event": addition.id, "type": "entry-added-to.1"},
            {"event": disputed.id, "type": "amendment-refused.1"},
        ],
        "attested_by": [{"event": vouched.id, "type": "entry-attested.1"}],
    }
    look, entries = seen(STAFF, *history)
    shown = {it["event_id"]: it for it in documents.history(look, entries)["events"]}
    assert {name: shown[session.id][name] for name in about} == about
    assert shown[BASELINE.id]["attested_by"] == about["attested_by"]
    assert "amended_by" not in shown[BASELINE.id]
    assert "amended_by" not in shown[OPENED.id]
    assert event(STAFF, 5, *history) == shown[session.id]
    (in_state,) = state(STAFF, *history)["sessions"]
    assert {name: in_state[name] for name in about} == about


def test_amendments_are_shown_with_their_entries_and_not_beside_them() -> None:
    shown = state(STAFF, OPENED, BASELINE, added(BASELINE, "assessed.1", goals="run"), retracted(BASELINE))
    assert not {"events", "assessments"} & shown.keys()


def test_a_former_clinic_keeps_reading_what_it_recorded_until_it_handed_over() -> None:
    history = (OPENED, BASELINE, TRANSFERRED, past(a_hold, march(11)))
    entries = entries_of(*history)
    entries = [
        replace(it, metadata=replace(it.metadata, clinic=OTHER_CLINIC if place > 1 else CLINIC))
        for place, it in enumerate(entries)
    ]
    taken = replace(TRANSFERRED.fact, former=replace(TRANSFERRED.fact.to, clinic=CLINIC))
    entries[2] = replace(entries[2], fact=taken)
    episode = replace(replayed(history), clinic=OTHER_CLINIC)
    former = viewer(episode, entries, STAFF, NOW)
    assert former.reach(entries) == entries[:3]
    assert [former.sees(it) for it in entries] == [True, True, True, False]
    now = viewer(episode, entries, OTHERS, NOW)
    assert now.reach(entries) == entries
    assert all(now.sees(it) for it in entries)
    assert former.reach(entries[3:]) == []
    for caller in (seen_as("therapist", UUID(int=99)), seen_as("therapist", OTHER_CLINIC, network="east")):
        with pytest.raises(NotThere):
            viewer(episode, entries, caller, NOW)
    with pytest.raises(NotThere):
        viewer(None, [], STAFF, NOW)


def test_one_event_that_is_not_the_viewers_is_not_there() -> None:
    look, entries = seen(STAFF, OPENED, BASELINE)
    former = Viewer(replace(look.episode, clinic=OTHER_CLINIC), STAFF, NOW)
    elsewhere = replace(entries[1], metadata=replace(entries[1].metadata, clinic=OTHER_CLINIC))
    documents.event(former, entries[1])
    with pytest.raises(NotThere):
        documents.event(former, elsewhere)


def test_of_a_flag_that_stands_again_the_stretch_of_the_moment_is_shown() -> None:
    for_a_week = replace(a_flag_clearing, flag_id=FLAGGED.id, valid_until=march(12).date())
    look, _ = seen(STAFF, OPENED, FLAGGED, past(for_a_week, march(5)))
    episode = episode_of(OPENED, FLAGGED, past(for_a_week, march(5)))
    for when, since, until, holds in (
        (moment(march(4)), FLAGGED.when.at, march(5), True),
        (moment(march(8)), FLAGGED.when.at, march(5), False),
        (moment(march(14)), march(13), None, True),
    ):
        (flag, *_) = documents.state(look, episode, when)["red-flags"]
        assert (flag["since"], flag["until"], flag["holds"]) == (since, until, holds)
    (flag, *_) = documents.state(look, episode)["red-flags"]
    assert (flag["since"], flag["until"]) == (march(13), None)


def test_what_begins_later_shows_when_it_will() -> None:
    sharing = replace(shared(effective_from=march(20)), when=moment(march(4)))
    look, _ = seen(STAFF, OPENED, sharing)
    (consent,) = documents.state(look, episode_of(OPENED, sharing), moment(march(10)))["sharing-consents"]
    assert (consent["since"], consent["holds"]) == (march(20), False)


def test_an_erased_opening_opens_nothing_that_can_be_shown() -> None:
    entry = replace(recorded(OPENED, 1), fact=Redacted())
    erased = evolve_all(replayed(()), [entry])
    shown = documents.state(viewer(erased, [entry], STAFF, NOW), erased)
    assert "opened" not in shown
    assert shown["client"] == CLIENT
