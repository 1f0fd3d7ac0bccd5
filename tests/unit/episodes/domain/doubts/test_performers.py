"""A session by nobody who is named, or who does not treat or has no licence, is recorded, with a warning."""

from typing import Any

import pytest

from episodes.domain.care.amendments import EntryAddedTo
from tests.support.episodes.batches import a_batch, an_episode_of, command, told_of, warned
from tests.support.episodes.care_facts import OPENED, a_baseline, a_correction_of, a_session, an_addition_to
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import EPISODE, NETWORK, THERAPIST, march, past

NO_THERAPIST, NO_LICENCE = "performer-no-therapist", "performer-without-licence"
SESSION = a_session(march(2, 10))
KIND = "session-delivered.1"


def warned_by(
    role: str, licensed: bool, draft: Any = SESSION, performer: Any = THERAPIST, **more: Any
) -> Any:
    known = told_of(an_episode_of(OPENED, past(SESSION, march(2, 10))))
    known.rows["staff", NETWORK, THERAPIST] = {"role": role, "licensed": licensed}
    found = warned(a_batch(known), command(draft, EPISODE, said={"performer": performer}, **more))
    return [rule for rule, pointer in found if pointer == "/performer"]


@pytest.mark.parametrize(
    ("role", "without", "licensed"),
    [
        ("therapist", [NO_LICENCE], []),
        ("supervisor", [NO_LICENCE], []),
        ("coordinator", [NO_THERAPIST], [NO_THERAPIST]),
        ("privacy_officer", [NO_THERAPIST], [NO_THERAPIST]),
        ("student", [], []),
        ("assistant", [], []),
    ],
)
def test_by_role_and_licence(role: str, without: list[str], licensed: list[str]) -> None:
    assert warned_by(role, False) == without
    assert warned_by(role, True) == licensed


def test_nobody_named_and_what_is_no_session_are_not_doubted() -> None:
    assert warned_by("coordinator", False, performer=None) == ["no-performer"]
    assert not warned_by("coordinator", False, a_baseline)
    added = EntryAddedTo(of=KIND, added={"position": "prone"})
    assert not warned_by("coordinator", False, added, about=past(SESSION, march(2, 10)).id)


def test_a_session_names_who_gave_it_and_no_other_entry_needs_to() -> None:
    assert warned_of(SESSION, performer=None) == [("no-performer", "/performer")]
    assert not warned_of(SESSION, performer=THERAPIST)
    assert not warned_of(a_baseline, performer=None)


def test_a_correction_may_name_who_did_it_and_an_addition_may_not() -> None:
    told = past(a_session(march(2, 10), position="prone"), march(2, 10))
    wrong = a_correction_of(KIND, SESSION)
    assert warned_of(wrong, after=[OPENED, told], about=told.id) == [("no-performer", "/performed_by")]
    named = a_correction_of(KIND, SESSION, performed_by=THERAPIST)
    assert not warned_of(named, after=[OPENED, told], about=told.id)
    more = an_addition_to(KIND, place="home")
    assert not warned_of(more, after=[OPENED, told], about=told.id)


def test_whom_a_correction_names_is_looked_at_like_whom_the_session_named() -> None:
    told = past(SESSION, march(2, 10))
    known = told_of(an_episode_of(OPENED, told))
    known.rows["staff", NETWORK, THERAPIST] = {"role": "coordinator", "licensed": False}
    wrong = a_correction_of(KIND, SESSION, performed_by=THERAPIST)
    assert warned(a_batch(known), command(wrong, EPISODE, about=told.id)) == [(NO_THERAPIST, "/performed_by")]
