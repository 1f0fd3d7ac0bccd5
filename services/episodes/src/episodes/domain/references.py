"""Whether the episode has what a draft names: nothing that is recorded points at nothing."""

from collections.abc import Iterable
from uuid import UUID

from episodes.domain.care.plans import Plan
from episodes.domain.episode import Episode
from episodes.domain.field_rules import IdOf
from episodes.domain.named_ids import NamedId
from episodes.domain.refusals import RuleBroken, Unknown


def refuse_dangling(episode: Episode, ids: Iterable[NamedId]) -> None:
    """Refuses an event or a goal that the episode does not have, or has as another kind, and what one list
    names twice. Imports are refused alike: what they point at comes before them.

    The directory and other episodes are looked up elsewhere, where they are read.
    """
    named: set[tuple[str, UUID | str]] = set()
    for one in ids:
        if one.among is not None:
            if (one.among, one.id) in named:
                raise RuleBroken("named-twice", one.pointer)
            named.add((one.among, one.id))
        match one.mark:
            case IdOf("event", kind):
                _refuse_unknown_event(episode, one, kind)
            case IdOf("goal"):
                _refuse_unknown_goal(episode, one)


def _refuse_unknown_event(episode: Episode, one: NamedId, kind: str) -> None:
    entry = episode.entry(one.id) if isinstance(one.id, UUID) else None
    if entry is None or kind not in ("", entry.metadata.type):
        raise Unknown("unknown-event", one.pointer)


def _refuse_unknown_goal(episode: Episode, one: NamedId) -> None:
    """A goal may be one of any plan of the episode, also of one that was replaced."""
    if all(goal.id != one.id for plan in episode.of(Plan) for goal in plan.fact.goals):
        raise Unknown("unknown-goal", one.pointer)
