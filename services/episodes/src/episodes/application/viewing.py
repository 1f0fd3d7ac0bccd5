"""Who sees what of an episode: staff by clinic, a former clinic what it recorded, a partner by consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from episodes.application.commands import Caller
from episodes.application.errors import NotThere
from episodes.application.publishing import kind_of, may_concern
from episodes.domain.envelope import Recorded
from episodes.domain.episode import Episode
from episodes.domain.referring import involved, subject_for
from episodes.domain.sharing import live_consent
from episodes.domain.transferring import ResponsibilityTransferred


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at an episode, when. What may be seen, also of the past, the episode as it is now says."""

    episode: Episode
    caller: Caller
    at: datetime

    @property
    def partner(self) -> UUID | None:
        return self.caller.partner

    @property
    def is_former(self) -> bool:
        """Staff of a clinic that had the episode before: it keeps reading what it recorded, and no more."""
        return self.partner is None and not self.caller.may_act_for(self.episode.clinic)

    def reach(self, entries: Sequence[Recorded[Any]]) -> Sequence[Recorded[Any]]:
        """The events up to the last that concerns the viewer: for a former clinic, the end of its care."""
        if not self.is_former:
            return entries
        return entries[
            : max((place for place, one in enumerate(entries, 1) if self.recorded(one)), default=0)
        ]

    def recorded(self, entry: Recorded[Any]) -> bool:
        """Whether a clinic of the caller recorded it; whoever hands an episode over recorded that, too."""
        former = entry.fact.former if isinstance(entry.fact, ResponsibilityTransferred) else None
        clinics = [entry.header.clinic] if former is None else [entry.header.clinic, former.clinic]
        return any(map(self.caller.may_act_for, clinics))

    def sees(self, entry: Recorded[Any]) -> bool:
        if self.partner is None:
            return not self.is_former or self.recorded(entry)
        kind = kind_of(entry.fact)
        return (
            kind is not None and may_concern(entry.fact, self.partner) and self._consented(kind, entry.labels)
        )

    def sees_screening(self, entry: Recorded[Any]) -> bool:
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


def viewer(episode: Episode | None, entries: Sequence[Recorded[Any]], caller: Caller, at: datetime) -> Viewer:
    """Raises `NotThere` for what is not there or not the caller's: both look the same."""
    if episode is None or episode.network != caller.network:
        raise NotThere
    look = Viewer(episode, caller, at)
    if look.partner is not None:
        if not involved(episode, look.partner, at):
            raise NotThere
    elif look.is_former and not any(map(look.recorded, entries)):
        raise NotThere
    return look
