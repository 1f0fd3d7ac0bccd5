"""The history of an episode: whole, or page by page. Of a page only what is shown is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from care_platform.http.parameters import DIGITS
from episodes.access import Caller
from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import STEPS
from episodes.event_log.episodes import Part
from episodes.event_log.folding import check_history, fold
from episodes.event_log.outline import Outline
from episodes.event_log.stored_form import Damaged
from episodes.http.parameters import Query
from episodes.reading.documents import ABOUT_OTHERS, Document, history
from episodes.visibility import Viewer, viewer

Entries = Sequence[RecordedEvent[Any]]
TELLING = frozenset(step.name for step in STEPS if issubclass(step.fact, ABOUT_OTHERS))
"""The events that say something about others, and are shown with them."""
EVERY_VERSION = 999_999_999


class HistoryQuery(Query):
    """Which part of the history is wanted: the whole of it, if nothing is said."""

    limit: Annotated[int, Field(ge=1, le=200), DIGITS] | None = None
    """How many events a page holds at most; without it the answer holds all that follow."""
    cursor: Annotated[str, StringConstraints(pattern=r"^h[1-9][0-9]{0,8}$")] | None = None
    """`next` of the page before."""

    @property
    def after(self) -> int:
        """The version of the last event before the page."""
        return 0 if self.cursor is None else int(self.cursor[1:])

    @property
    def upto(self) -> int:
        return EVERY_VERSION if self.limit is None else self.after + self.limit


@dataclass(frozen=True, slots=True)
class Histories:
    """Answers one query about the history of an episode."""

    query: HistoryQuery
    caller: Caller
    now: datetime

    def part(self, seen: Outline) -> Part | None:
        """What has to be opened: all for a former clinic, as what is sealed says which events are its own."""
        if self.query.limit is None or not self._has_it_now(seen):
            return None
        return Part(self.query.after, self.query.upto, TELLING)

    def shown(self, seen: Outline, entries: Entries) -> tuple[Document, int]:
        """The document, and the version of the episode that its reader knows of."""
        if self.part(seen) is not None:
            return self._page_of_part(seen, entries)
        look = viewer(fold(entries), entries, self.caller, self.now)
        entries = look.reach(entries)
        known = entries[-1].metadata.version
        kept = [one for one in entries if look.sees(one) and one.metadata.version > self.query.after]
        page = kept if self.query.limit is None else kept[: self.query.limit]
        later = [one for one in entries if page and one.metadata.version > page[-1].metadata.version]
        return self._paged(look, page, later, len(kept) > len(page)), known

    def _page_of_part(self, seen: Outline, entries: Entries) -> tuple[Document, int]:
        page = [one for one in entries if one.metadata.version <= self.query.upto]
        later = entries[len(page) :]
        self._check(seen, page, later)
        look = Viewer(seen.bare(seen.last.version), self.caller, self.now)
        return self._paged(look, page, later, seen.last.version > self.query.upto), seen.last.version

    def _check(self, seen: Outline, page: Entries, later: Entries) -> None:
        """Check what folding checks of a whole history. Raises `Damaged`."""
        check_history(seen.bare(self.query.after), page)
        for one in later:
            check_history(seen.bare(one.metadata.version - 1), [one])
        if len(page) < min(self.query.upto, seen.last.version) - self.query.after:
            raise Damaged(f"an event of episode {seen.last.episode_id} is not found")

    def _paged(self, look: Viewer, page: Entries, later: Entries, more: bool) -> Document:
        document = history(look, page, later)
        return document | {"next": f"h{page[-1].metadata.version}"} if more else document

    def _has_it_now(self, seen: Outline) -> bool:
        return self.caller.may_act_for(seen.last.clinic)
