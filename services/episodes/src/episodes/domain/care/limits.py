"""Limits bind: those of the check, of the clearances it rests on, and of red flags accepted with limits."""

from collections.abc import Iterable, Iterator

from episodes.domain.care.clearances import ClearanceRecorded
from episodes.domain.care.red_flags import ACCEPTED, RedFlagCleared
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.codes import OTHER
from episodes.domain.episode import Episode
from episodes.domain.time import When
from episodes.domain.values import Coded, Limits, Screening, Site, Technique

WHOLE_BODY = "whole_body"
_EITHER_SIDE = (None, "unknown", "both")


def binding_limits(
    episode: Episode, check: SessionChecked | None, screening: Screening | None, when: When
) -> Iterator[Limits]:
    """The limits that bind a session on this check, with a screening of its own, which begins at `when`."""
    if check is not None and check.limits is not None:
        yield check.limits
    for screened in (screening, None if check is None else check.screening):
        for item in () if screened is None else screened.items:
            entry = None if item.clearance_id is None else episode.entry(item.clearance_id)
            if entry is not None and isinstance(entry.fact, ClearanceRecorded) and entry.fact.limits:
                yield entry.fact.limits
    for held in episode.spans_of(RedFlagCleared):
        if held.fact.finding == ACCEPTED and held.fact.limits is not None and held.interval.holds_at(when):
            yield held.fact.limits


def pressed_beyond(limits: Limits, techniques: Iterable[Technique]) -> bool:
    """Whether a technique used more pressure than its limits allow where they apply.

    Limits apply to the techniques and sites that they name, to all if they name none. What they say in words
    alone, and a pressure that was not stated, is left to people.
    """
    highest = limits.pressure
    return highest is not None and any(
        one.pressure is not None and one.pressure > highest and _apply(limits, one) for one in techniques
    )


def _apply(limits: Limits, technique: Technique) -> bool:
    named = {identity(one) for one in limits.techniques}
    if named and identity(technique) not in named:
        return False
    return not limits.sites or any(_overlap(site, technique.site) for site in limits.sites)


def _overlap(one: Site, other: Site) -> bool:
    """Whether they may be the same place: a side that nobody stated may be either."""
    if WHOLE_BODY in (one.code, other.code):
        return True
    if identity(one) != identity(other):
        return False
    return one.side == other.side or one.side in _EITHER_SIDE or other.side in _EITHER_SIDE


def identity(coded: Coded) -> tuple[str, str | None]:
    """The text of what is listed is a remark; that of another technique or site is its name."""
    return coded.code, coded.text if coded.code == OTHER else None
