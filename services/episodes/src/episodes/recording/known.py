"""What the directory says of whom a command names, from the rows that were read for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from episodes.domain.births import Born
from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import NOTHING_KNOWN, Known, KnownPartner, KnownStaff
from episodes.domain.episode import Episode
from episodes.recording.commands import CommandRequest
from episodes.recording.store import ReadSet


def asks_age(request: CommandRequest) -> bool:
    """Whether the birth date of the episode's client is to be read: an addition may state the age."""
    added = request.draft.added if isinstance(request.draft, EntryAddedTo) else {}
    return request.step.asks_age or "age" in added


def known_of(read_set: ReadSet, request: CommandRequest, episode: Episode, now: datetime) -> Known:
    """What was read of the episode's client, of the partner in the draft, and of the performer of a session.

    Nothing is known while a process of an earlier release may run, which would not judge by it.
    """
    draft, session = request.draft, isinstance(request.draft, SessionDelivered)
    asks = session or request.step.asks_age or isinstance(draft, Amendment) or hasattr(draft, "partner")
    if not asks or not read_set.understood.known_sealed:
        return NOTHING_KNOWN
    client = _row(read_set, "clients", episode, episode.client)
    partner = _row(read_set, "partners", episode, getattr(request.draft, "partner", None))
    performer = _row(read_set, "staff", episode, _treated(request))
    return Known(
        born=_born(client.get("born"), now),
        partner=KnownPartner(partner["kind"], partner["organisation"]) if partner else None,
        opened=tuple(read_set.openings.get((episode.network, episode.client, episode.clinic), ())),
        performer=KnownStaff(performer["role"], performer["licensed"]) if performer else None,
    )


def _treated(request: CommandRequest) -> UUID | None:
    """Who treated, by a session or a correction of one; an addition names nobody."""
    match request.draft:
        case SessionDelivered():
            return request.circumstances.performer
        case EntryCorrected(replacement=SessionDelivered(), performed_by=performer):
            return performer
        case _:
            return None


def _row(read_set: ReadSet, table: str, episode: Episode, named: UUID | None) -> Mapping[str, Any]:
    return {} if named is None else read_set.rows.get((table, episode.network, named), {})


def _born(text: str | None, now: datetime) -> Born | None:
    """Where the directory has what can be no birth date, from before it was checked, none is known."""
    try:
        born = None if text is None else Born.of(text)
    except ValueError:
        return None
    return born if born is not None and born.may_be_true(now.date()) else None
