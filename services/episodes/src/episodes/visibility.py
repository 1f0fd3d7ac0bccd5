"""Who sees what of an episode: staff by clinic, a former clinic what it recorded, a partner by consent."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from episodes.access import Caller
from episodes.domain.care.amendments import Amendment, EntryAddedTo, EntryCorrected, EntryRetracted
from episodes.domain.care.referrals import involved, subject_for
from episodes.domain.care.sharing_consents import live_consent
from episodes.domain.care.transfers import ResponsibilityTransferred
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent
from episodes.domain.vocabulary import BY_FACT, kind_of, may_concern
from episodes.errors import NotThere
from episodes.event_log.outline import INVOLVING, Outline


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at an episode, when. What may be seen, also of the past, the episode as it is now says."""

    episode: Episode
    caller: Caller
    at: datetime
    partner: UUID | None = field(init=False)
    is_former: bool = field(init=False)
    """Staff of a clinic that had the episode before: it keeps reading what it recorded, and no more."""

    def __post_init__(self) -> None:
        """Found once, because they are asked for every entry."""
        partner = self.caller.partner
        object.__setattr__(self, "partner", partner)
        former = partner is None and not self.caller.may_act_for(self.episode.clinic)
        object.__setattr__(self, "is_former", former)

    def reach(self, entries: Sequence[RecordedEvent[Any]]) -> Sequence[RecordedEvent[Any]]:
        """The events up to the last that concerns the viewer: for a former clinic, the end of its care."""
        if not self.is_former:
            return entries
        return entries[
            : max((place for place, one in enumerate(entries, 1) if recorded_by(self.caller, one)), default=0)
        ]

    def shown(self, entry: RecordedEvent[Any]) -> RecordedEvent[Any] | None:
        """The entry as it may be shown: to staff as it was recorded, to a partner as it stands now."""
        return entry if self.partner is None else standing(self.episode, entry)

    def sees(self, entry: RecordedEvent[Any]) -> bool:
        if self.partner is None:
            return not self.is_former or recorded_by(self.caller, entry)
        now = standing(self.episode, entry)
        kind = None if now is None else kind_of(now.fact)
        if now is None or kind is None:
            return False
        return may_concern(now.fact, self.partner) and self._consented(kind, now.labels)

    def sees_screening(self, entry: RecordedEvent[Any]) -> bool:
        return self.partner is None or self._consented("screening", entry.labels)

    def sees_closure(self) -> bool:
        return self.partner is None or self._consented("closure", ())

    def client(self) -> UUID:
        """The client's id, to a partner the subject made for it."""
        if self.partner is None:
            return self.episode.client
        subject = subject_for(self.episode, self.partner)
        if subject is None:
            raise NotThere
        return subject

    def _consented(self, kind: str, labels: tuple[str, ...]) -> bool:
        if self.partner is None:
            return True
        return live_consent(self.episode, self.partner, kind, labels, self.at) is not None


def may_have_right(caller: Caller, seen: Outline) -> bool:
    """Whether a caller may have a right to an episode of its network, by what is in clear alone.

    It never refuses what `viewer` allows, and for staff the two are the same: the former clinic that a
    transfer names is one that had the episode before. Whether a partner's consent or referral is in force,
    only what is sealed says.
    """
    if caller.partner is not None:
        return seen.knows_client and any(header.type in INVOLVING for header in seen.headers)
    return any(caller.may_act_for(header.clinic) for header in seen.headers)


def recorded_by(caller: Caller, entry: RecordedEvent[Any]) -> bool:
    """Whether a clinic of the caller recorded it; whoever hands an episode over recorded that, too."""
    former = entry.fact.former if isinstance(entry.fact, ResponsibilityTransferred) else None
    clinics = [entry.metadata.clinic] if former is None else [entry.metadata.clinic, former.clinic]
    return any(map(caller.may_act_for, clinics))


_TRANSFERRED = BY_FACT[ResponsibilityTransferred].name


def may_have_recorded(caller: Caller, metadata: EventMetadata) -> bool:
    """False if what an event says in clear is enough to know that no clinic of the caller recorded it."""
    return caller.may_act_for(metadata.clinic) or metadata.type == _TRANSFERRED


def standing(episode: Episode, entry: RecordedEvent[Any]) -> RecordedEvent[Any] | None:
    """An entry as it stands now: corrected, with every label given to it since; none if it was retracted.

    What an addition or a correction says stands and falls with the entry it points at; a retraction stays.
    """
    now = episode.entry(entry.metadata.event_id)
    if now is None or not isinstance(now.fact, Amendment):
        return now
    about = None if now.fact.event is None else episode.entry(now.fact.event)
    if about is None:
        return now if isinstance(now.fact, EntryRetracted) else None
    return RecordedEvent(now.metadata, _as_stands(now.fact, about.fact), about.labels)


def _as_stands(amendment: Amendment, about: Any) -> Amendment:
    """The amendment with what now stands where it put something: another may have come after it."""
    match amendment:
        case EntryCorrected():
            return replace(amendment, replacement=about)
        case EntryAddedTo(added=added):
            return replace(amendment, added={name: getattr(about, name) for name in added})
        case _:
            return amendment


def viewer(
    episode: Episode | None, entries: Sequence[RecordedEvent[Any]], caller: Caller, at: datetime
) -> Viewer:
    """Raises `NotThere` for what is not there or not the caller's: both look the same."""
    if episode is None or episode.network != caller.network:
        raise NotThere
    at = episode.time(at)
    look = Viewer(episode, caller, at)
    if look.partner is not None:
        if not involved(episode, look.partner, at):
            raise NotThere
    elif look.is_former and not any(recorded_by(caller, entry) for entry in entries):
        raise NotThere
    return look
