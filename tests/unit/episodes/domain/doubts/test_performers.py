"""A session by somebody who does not treat, or without a licence, is recorded, and the answer warns."""

from typing import Any

import pytest

from episodes.domain.care.amendments import EntryAddedTo
from tests.support.episodes.batches import a_batch, an_episode_of, command, told_of, warned
from tests.support.episodes.care_facts import OPENED, a_baseline, a_session
from tests.support.episodes.scenario import EPISODE, NETWORK, THERAPIST, march, past

NO_THERAPIST, NO_LICENCE = "performer-no-therapist", "performer-without-licence"
SESSION = a_session(march(2, 10))


def warned_of(
    role: str, licensed: bool, draft: Any = SESSION, performer: Any = THERAPIST, **more: Any
) -> Any:
    known = told_of(an_episode_of(OPENED, past(SESSION, march(2, 10))))
    known.rows["staff", NETWORK, THERAPIST] = {"role": role, "licensed": licensed}
    found = warned(a_batch(known), command(draft, EPISODE, said={"performer": performer}, **more))
    assert all(pointer == "/performer" for _, pointer in found)
    return [rule for rule, _ in found]


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
    assert warned_of(role, False) == without
    assert warned_of(role, True) == licensed


def test_nobody_named_and_what_is_no_session_are_not_doubted() -> None:
    assert not warned_of("coordinator", False, performer=None)
    assert not warned_of("coordinator", False, a_baseline)
    added = EntryAddedTo(of="session-delivered.1", added={"position": "prone"})
    assert not warned_of("coordinator", False, added, about=past(SESSION, march(2, 10)).id)
