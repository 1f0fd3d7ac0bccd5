"""What a partner is shown of an episode: what a consent names, as it stands now, and no person."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from episodes.domain.care.amendments import EntryAttested
from episodes.domain.care.openings import InboundReferral
from episodes.domain.care.referrals import ReferralMade
from episodes.domain.vocabulary import evolve_all
from episodes.errors import NotThere
from episodes.reading import documents
from episodes.visibility import viewer
from tests.support.episodes.care_facts import (
    BASELINE,
    CHECKED,
    CLOSED,
    FLAGGED,
    OPENED,
    READY,
    a_check,
    a_referral,
    a_screening,
    a_transfer,
    an_episode,
    shared,
    treated,
)
from tests.support.episodes.scenario import (
    CLIENT,
    COLLEAGUE,
    EPISODE,
    NETWORK,
    NOW,
    PARTNER,
    SUBJECT,
    THERAPIST,
    march,
    past,
    replayed,
)
from tests.support.episodes.viewers import (
    BROKEN,
    ENVELOPE_FOR_PARTNERS,
    STAFF,
    THE_PARTNER,
    added,
    corrected,
    entries_of,
    event,
    retracted,
    seen,
    state,
)


def test_staff_see_an_event_as_it_was_recorded_and_a_partner_as_it_stands() -> None:
    better = replace(BASELINE.fact, symptoms="none")
    history = (OPENED, shared(kinds=("assessments",)), BASELINE, corrected(BASELINE, "assessed.1", better))
    assert event(STAFF, 2, *history)["fact"]["symptoms"] == "sore in the morning"
    assert event(THE_PARTNER, 2, *history)["fact"]["symptoms"] == "none"
    assert event(THE_PARTNER, 2, *history)["amended_by"] == [
        {"event": history[-1].id, "type": "entry-corrected.1"}
    ]


def test_a_partner_sees_of_an_envelope_no_person_and_the_client_as_its_subject() -> None:
    shown = event(THE_PARTNER, 2, OPENED, shared(kinds=("assessments",)), BASELINE)
    assert shown.keys() == {*ENVELOPE_FOR_PARTNERS, "labels", "fact"}
    assert shown["client_ref"] == shown["subject"] == SUBJECT


def test_a_partner_sees_of_the_state_what_it_has_consent_for() -> None:
    session = treated(chaperone=COLLEAGUE)
    history = (*READY, shared(kinds=("sessions", "closure")), CHECKED, session, CLOSED)
    shown = state(THE_PARTNER, *history)
    assert shown.keys() == {"id", "version", "status", "clinic", "client", "sessions", "closure"}
    assert (shown["client"], shown["status"], shown["version"]) == (SUBJECT, "closed", 8)
    assert "chaperone" not in shown["sessions"][0]
    assert "performer" not in shown["sessions"][0]
    without = state(THE_PARTNER, *READY, shared(kinds=("sessions",)), CHECKED, session, CLOSED)
    assert without.keys() == {"id", "version", "clinic", "client", "sessions"}
    whole = state(STAFF, *history)
    assert whole["sessions"][0]["chaperone"] == COLLEAGUE
    assert whole["client"] == CLIENT


@pytest.mark.parametrize(("kinds", "shown"), [(("sessions",), False), (("sessions", "screening"), True)])
def test_a_screening_inside_a_session_needs_its_own_kind(kinds: tuple[str, ...], shown: bool) -> None:
    history = (*READY, shared(kinds=kinds), CHECKED, treated(screening=a_screening))
    fact = event(THE_PARTNER, 6, *history)["fact"]
    assert ("screening" in fact) is shown
    assert "techniques" in fact


def test_a_labelled_entry_needs_a_consent_that_names_its_label() -> None:
    labelled = replace(treated(screening=a_screening), labels=("mental_health",))
    kinds = ("sessions", "screening")
    with pytest.raises(NotThere):
        event(THE_PARTNER, 6, *READY, shared(kinds=kinds), CHECKED, labelled)
    allowed = shared(kinds=kinds, labels_allowed=("mental_health",))
    assert "screening" in event(THE_PARTNER, 6, *READY, allowed, CHECKED, labelled)["fact"]


def test_what_an_amendment_holds_is_shown_by_the_same_rules() -> None:
    session, both = treated(), shared(kinds=("sessions", "screening"))
    new = replace(session.fact, screening=a_screening, chaperone=COLLEAGUE, breaches=(BROKEN,))
    correction = corrected(session, "session-delivered.1", new)
    addition = added(session, "session-delivered.1", chaperone=COLLEAGUE, position="prone")
    before, sharing = (*READY, CHECKED, session), shared(kinds=("sessions",))
    replacement = event(THE_PARTNER, 7, *before, sharing, correction)["fact"]["replacement"]
    assert not {"screening", "chaperone", "breaches"} & replacement.keys()
    assert "techniques" in replacement
    assert event(THE_PARTNER, 7, *before, sharing, addition)["fact"]["added"] == {"position": "prone"}
    replacement = event(THE_PARTNER, 7, *before, both, correction)["fact"]["replacement"]
    assert {"screening", "breaches"} <= replacement.keys()
    assert "chaperone" not in replacement


def test_a_check_is_screening_itself() -> None:
    history = (*READY, shared(kinds=("screening",)), CHECKED)
    assert "screening" in event(THE_PARTNER, 5, *history)["fact"]


def test_who_referred_the_client_is_known_to_that_partner_alone() -> None:
    sharing = shared(kinds=("opening",))
    for partner, knows in ((PARTNER, True), (UUID(int=66), False)):
        came = InboundReferral(source="partner", partner=partner)
        history = (past(replace(an_episode, referral=came), march(2, 9)), sharing)
        fact = event(THE_PARTNER, 0, *history)["fact"]
        assert ("referral" in fact) is knows
        assert "client" not in fact
        assert "therapist" not in fact
        assert "referral" in event(STAFF, 0, *history)["fact"]


def test_a_partner_sees_nothing_that_was_taken_back_or_of_another_kind() -> None:
    sharing = shared(kinds=("assessments",))
    history = (OPENED, sharing, BASELINE, retracted(BASELINE), FLAGGED)
    for place in (0, 2, 4):
        with pytest.raises(NotThere):
            event(THE_PARTNER, place, *history)
    look, entries = seen(THE_PARTNER, *history)
    assert [it["event_id"] for it in documents.history(look, entries)["events"]] == [history[3].id]
    assert event(STAFF, 2, *history)["fact"]["stage"] == "baseline"


def test_a_withdrawn_partner_is_told_the_episode_is_not_there() -> None:
    until = NOW + timedelta(hours=1)
    history = (OPENED, shared(until=until), BASELINE)
    seen(THE_PARTNER, *history, at=until - timedelta(seconds=1))
    for at in (until, until + timedelta(days=1)):
        with pytest.raises(NotThere):
            seen(THE_PARTNER, *history, at=at)


def test_the_viewers_clock_goes_no_further_back_than_the_record() -> None:
    """What was recorded after a withdrawal is not shown by a clock that fell behind."""
    history = (OPENED, shared(until=march(20)))
    entries = entries_of(*history)
    episode = replace(replayed(history), recorded_at=march(21))
    with pytest.raises(NotThere):
        viewer(episode, entries, THE_PARTNER, march(19))


def test_a_partner_with_a_referral_alone_knows_of_the_episode_by_its_subject() -> None:
    look, _ = seen(THE_PARTNER, OPENED, past(a_referral(subject=SUBJECT), march(4)))
    assert look.client() == SUBJECT
    look, _ = seen(THE_PARTNER, OPENED, past(a_referral(), march(4)))
    with pytest.raises(NotThere):
        look.client()


def test_who_answered_for_the_episode_is_staffs_to_know() -> None:
    history = (OPENED, past(a_transfer(), march(10)), shared(kinds=("opening",)))
    assert [it["therapist"] for it in state(STAFF, *history)["responsible"]] == [THERAPIST, COLLEAGUE]
    assert "responsible" not in state(THE_PARTNER, *history)
    assert state(STAFF, *history)["opened"]["id"] == OPENED.id
    assert (replayed(history).id, replayed(history).network) == (EPISODE, NETWORK)
    assert "screening" in state(STAFF, *READY, past(a_check, march(3)))["session-checks"][0]


def test_an_amendment_stands_and_falls_with_what_it_amended() -> None:
    """To a partner it says what stands now, in the labels of its entry; a retraction stays."""
    sharing, first = shared(kinds=("assessments",)), added(BASELINE, "assessed.1", symptoms="in the evening")
    better = corrected(BASELINE, "assessed.1", replace(BASELINE.fact, symptoms="never"))
    history = (OPENED, sharing, BASELINE, first, better)
    assert event(THE_PARTNER, 3, *history)["fact"]["added"] == {"symptoms": "never"}
    later = past(replace(better.fact, replacement=replace(BASELINE.fact, symptoms="at times")), march(13))
    fact = event(THE_PARTNER, 4, *history, later)["fact"]
    assert fact["replacement"]["symptoms"] == "at times"
    gone = (*history, retracted(BASELINE))
    for place in (3, 4):
        with pytest.raises(NotThere):
            event(THE_PARTNER, place, *gone)
    assert event(THE_PARTNER, 5, *gone)["fact"]["reason"] == "another client"


def test_an_amendment_has_the_labels_of_its_entry() -> None:
    labelled = replace(BASELINE, labels=("abuse",))
    better = corrected(labelled, "assessed.1", labelled.fact)
    with pytest.raises(NotThere):
        event(THE_PARTNER, 3, OPENED, shared(kinds=("assessments",)), labelled, better)
    allowed = shared(kinds=("assessments",), labels_allowed=("abuse",))
    assert event(THE_PARTNER, 3, OPENED, allowed, labelled, better)["labels"] == ("abuse",)


def test_a_partner_is_not_told_what_was_said_of_an_event_that_it_may_not_see() -> None:
    vouched = past(EntryAttested(events=(BASELINE.id,), by=COLLEAGUE), march(13))
    history = (OPENED, shared(kinds=("assessments",)), BASELINE, vouched)
    assert "attested_by" not in event(THE_PARTNER, 2, *history)
    assert "attested_by" in event(STAFF, 2, *history)


def test_staff_are_told_who_performed_it_and_no_partner_is() -> None:
    history = (OPENED, shared(kinds=("assessments",)), BASELINE)
    entries = entries_of(*history)
    entries[2] = replace(entries[2], metadata=replace(entries[2].metadata, performer=COLLEAGUE))
    episode = evolve_all(replayed(()), entries)
    for caller, performer in ((STAFF, COLLEAGUE), (THE_PARTNER, None)):
        (assessment,) = documents.state(viewer(episode, entries, caller, NOW), episode)["assessments"]
        assert assessment.get("performer") == performer


def test_a_referral_is_shown_to_its_own_partner_alone() -> None:
    sharing = shared(kinds=("referrals",))
    for partner, sees in ((PARTNER, True), (UUID(int=66), False)):
        look, entries = seen(THE_PARTNER, OPENED, sharing, past(ReferralMade(partner=partner), march(12)))
        assert look.sees(entries[2]) is sees
