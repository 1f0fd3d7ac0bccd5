"""What an answer warns of, without a store: a command decided in a batch on an episode made here."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import Amendment
from tests.support.episodes.batches import a_batch, an_episode_of, answered, command, told_of
from tests.support.episodes.care_facts import OPENED
from tests.support.episodes.scenario import EPISODE, THERAPIST, Past


def warned_of(
    draft: Any, *, after: Sequence[Past] = (OPENED,), about: UUID | None = None, **said: Any
) -> list[tuple[str, str]]:
    """Records `draft`, and returns each warning as its rule and its pointer.

    `said` are its circumstances; that somebody did it goes without saying.
    """
    batch = a_batch(told_of(an_episode_of(*after)))
    circumstances = said if isinstance(draft, Amendment) else {"performer": THERAPIST} | said
    told = answered(batch, command(draft, EPISODE, about=about, said=circumstances))
    return [(warning["rule"], warning["pointer"]) for warning in json.loads(told.body)["warnings"]]
