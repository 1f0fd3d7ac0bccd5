"""An opening continues an episode of its own client that the caller may know of; any other is unknown."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from episodes.access import Caller
from episodes.domain.episode import Episode
from episodes.recording.store import StoredReceipt
from tests.support.episodes.batches import (
    a_batch,
    an_episode_of,
    answered,
    command,
    refused,
    seen_as,
    told_of,
)
from tests.support.episodes.care_facts import (
    OPENED,
    a_correction_of,
    a_flag,
    an_addition_to,
    an_episode,
)
from tests.support.episodes.scenario import CLINIC, NETWORK, OTHER_CLINIC, PARTNER, THERAPIST, march, past

BEFORE = an_episode_of(OPENED, id=1)
NOW_OPEN = an_episode_of(OPENED, id=2)
_BODY = f'{{"events":[{{"id":"{UUID(int=1)}"}}],"episode":{{"id":"{UUID(int=2)}","version":1}}}}'.encode()
UNKNOWN = ("unknown-episode", "/continues")
DESK = seen_as("coordinator", CLINIC)


def opening(continues: UUID, caller: Caller, **more: Any) -> Any:
    return command(replace(an_episode, continues=continues), caller=caller, **more)


def registered(*episodes: Episode) -> Any:
    known = told_of(*episodes)
    known.registered.add((NETWORK, OPENED.fact.client, CLINIC))
    return known


def test_an_episode_of_the_same_client_is_continued() -> None:
    answered(a_batch(registered(BEFORE)), opening(BEFORE.id, DESK))


@pytest.mark.parametrize(
    "there",
    [
        (),
        (replace(BEFORE, client=UUID(int=77)),),
        (replace(BEFORE, network="other"),),
        (an_episode_of(id=1, clinic=OTHER_CLINIC),),
    ],
    ids=["nobody's", "of another client", "of another network", "of another clinic"],
)
def test_any_other_is_unknown_alike(there: tuple[Episode, ...]) -> None:
    assert refused(a_batch(registered(*there)), opening(BEFORE.id, DESK)) == UNKNOWN


def test_a_former_clinic_knows_what_it_had() -> None:
    moved = replace(BEFORE, clinic=OTHER_CLINIC)  # its entries are of the clinic that opened it
    answered(a_batch(registered(moved)), opening(BEFORE.id, DESK))


def test_an_opening_is_corrected_and_added_to_alike() -> None:
    known = registered(NOW_OPEN)
    said = replace(an_episode, continues=BEFORE.id)
    correction = command(a_correction_of("episode-opened.1", said), NOW_OPEN, about=OPENED.id)
    assert refused(a_batch(known), correction) == ("unknown-episode", "/replacement/continues")
    addition = command(an_addition_to("episode-opened.1", continues=BEFORE.id), NOW_OPEN, about=OPENED.id)
    assert refused(a_batch(known), addition) == ("unknown-episode", "/added/continues")
    answered(a_batch(registered(NOW_OPEN, BEFORE)), addition)


def test_no_episode_continues_itself() -> None:
    said = replace(an_episode, continues=NOW_OPEN.id)
    correction = command(a_correction_of("episode-opened.1", said), NOW_OPEN, about=OPENED.id)
    assert refused(a_batch(registered(NOW_OPEN)), correction) == ("unknown-episode", "/replacement/continues")


def test_a_correction_may_repeat_what_the_opening_named() -> None:
    dangling = past(replace(an_episode, continues=UUID(int=99)), march(2, 9))
    episode = an_episode_of(dangling, id=2)
    said = replace(dangling.fact, age=44)
    correction = a_correction_of("episode-opened.1", said)
    answered(a_batch(registered(episode)), command(correction, episode, about=dangling.id))


def test_a_command_is_sent_for_a_member_of_staff_or_a_partner_of_the_directory() -> None:
    for whom in (THERAPIST, PARTNER):
        answered(a_batch(registered(BEFORE)), command(a_flag(), BEFORE, said={"on_behalf_of": whom}))
    strange = command(a_flag(), BEFORE, said={"on_behalf_of": UUID(int=99)})
    assert refused(a_batch(registered(BEFORE)), strange) == ("unknown-staff-or-partner", "/on_behalf_of")


def test_an_answer_that_was_given_before_is_repeated_as_it_was() -> None:
    """An earlier release recorded an opening that continues what nobody knows."""
    asked = opening(UUID(int=99), DESK)
    batch = a_batch(registered())
    batch.read_set.receipts[asked.key] = StoredReceipt(asked.mac(None), _BODY, asked.asked_as)
    assert answered(batch, asked).replayed
    assert not batch.write_set.events
