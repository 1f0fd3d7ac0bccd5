"""What is shown of an episode: its state, its history, one event; to a partner only what a consent names."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from episodes.application.commands import Caller
from episodes.application.errors import NotThere
from episodes.application.publishing import kind_of
from episodes.domain.envelope import Header, Recorded, Redacted
from episodes.domain.episode import Episode
from episodes.domain.opening import EpisodeOpened
from episodes.domain.planning import Plan
from episodes.domain.sharing import live_consent
from episodes.domain.steps import BY_FACT

Document = dict[str, Any]

_SCREENED = ("screening", "health_update", "breaches")
"""Parts of another event that need the kind `screening` as well."""

_STAFF_AND_CLIENT = ("client", "therapist", "chaperone", "participants")
"""Parts of a fact that name people by our ids: for no partner."""

_FOR_PARTNERS = (
    *("event_id", "type", "episode_id", "version", "sequence", "clinic", "origin"),
    *("occurred_at", "precision", "zone", "recorded_at"),
)
"""What a partner sees of an envelope; the client appears as its subject."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at an episode, when. A partner's `partner` is its organisation."""

    episode: Episode
    caller: Caller
    at: datetime

    @property
    def partner(self) -> UUID | None:
        actor = self.caller.actor
        return (actor.organisation or actor.id) if actor.role == "partner" else None

    def sees(self, entry: Recorded[Any]) -> bool:
        if self.partner is None:
            return True
        kind = kind_of(entry.fact)
        return kind is not None and self._consented(kind, entry.labels)

    def sees_screening(self, entry: Recorded[Any]) -> bool:
        return self.partner is None or self._consented("screening", entry.labels)

    def sees_closure(self) -> bool:
        return self.partner is None or self._consented("closure", ())

    def client(self) -> UUID:
        """The client's id, to a partner the subject made for it. Not there without any live consent."""
        if self.partner is None:
            return self.episode.client
        for held in self.episode.held:
            if getattr(held.fact, "partner", None) == self.partner:
                for kind in held.fact.kinds:
                    live = live_consent(self.episode, self.partner, kind, (), self.at)
                    if live is not None and live.fact.subject is not None:
                        return live.fact.subject
        raise NotThere

    def _consented(self, kind: str, labels: tuple[str, ...]) -> bool:
        if self.partner is None:
            return True
        return live_consent(self.episode, self.partner, kind, labels, self.at) is not None


def viewer(episode: Episode | None, caller: Caller, at: datetime) -> Viewer:
    """Raises `NotThere` for what is not there or not the caller's: both look the same."""
    if episode is None or episode.network != caller.network:
        raise NotThere
    look = Viewer(episode, caller, at)
    if look.partner is None and not caller.may_act_for(episode.clinic):
        raise NotThere
    look.client()
    return look


def state(look: Viewer, episode: Episode) -> Document:
    """The rebuilt state: a section per resource; what holds over an interval says since and until.

    `episode` may be an older version of the one looked at; what may be seen of it, today's consents say.
    """
    spans = {held.id: held.interval for held in episode.held}
    sections: dict[str, list[Document]] = defaultdict(list)
    for entry in filter(look.sees, episode.entries):
        document = _entry(look, entry)
        interval = spans.get(entry.header.event_id)
        if interval is not None and not isinstance(entry.fact, EpisodeOpened):
            document["since"] = interval.since.at
            document["until"] = None if interval.until is None else interval.until.at
        sections[_section(entry.fact)].append(document)
    opened = sections.pop("episodes", [])
    document = {
        "id": episode.id,
        "version": episode.version,
        "status": episode.status if look.sees_closure() else None,
        "clinic": episode.clinic,
        "client": look.client(),
        "opened": opened[0] if opened else None,
        **sections,
    }
    return {name: part for name, part in document.items() if part is not None}


def history(look: Viewer, entries: Iterable[Recorded[Any]]) -> Document:
    """Every event, oldest first: who, when, in which capacity; redacted ones keep their place."""
    return {"events": [event(look, entry) for entry in entries]}


def event(look: Viewer, entry: Recorded[Any]) -> Document:
    """One event, whole: what `dataref` names."""
    header = entry.header
    if not look.sees(entry):
        raise NotThere
    envelope = {field.name: getattr(header, field.name) for field in fields(Header)}
    if look.partner is not None:
        envelope = {name: envelope[name] for name in _FOR_PARTNERS} | {"subject": look.client()}
    redacted = isinstance(entry.fact, Redacted)
    return {
        **plain(envelope),
        "labels": entry.labels,
        "fact": {"redacted": True} if redacted else _fact(look, entry),
    }


def plain(value: Any) -> Any:
    """Dataclasses as documents, without what is absent."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def _section(fact: object) -> str:
    return "plans" if isinstance(fact, Plan) else BY_FACT[type(fact)].resource.split("/{")[0]


def _entry(look: Viewer, entry: Recorded[Any]) -> Document:
    document: Document = plain(_summary(look, entry))
    return document | _fact(look, entry)


def _summary(look: Viewer, entry: Recorded[Any]) -> Document:
    header = entry.header
    return {
        "id": header.event_id,
        "type": header.type,
        "version": header.version,
        "occurred_at": header.occurred_at,
        "precision": header.precision,
        "recorded_at": header.recorded_at,
        "origin": header.origin,
        "performer": None if look.partner is not None else header.performer,
        "labels": entry.labels or None,
    }


def _fact(look: Viewer, entry: Recorded[Any]) -> Document:
    document: Document = plain(entry.fact)
    if look.partner is not None:
        _leave_out_other_partners(look.partner, entry.fact, document)
        for part in _STAFF_AND_CLIENT:
            document.pop(part, None)
        if kind_of(entry.fact) != "screening" and not look.sees_screening(entry):
            for part in _SCREENED:
                document.pop(part, None)
    return document


def _leave_out_other_partners(partner: UUID, fact: object, document: Document) -> None:
    """Who else treats the client is for that partner alone to know."""
    referral = getattr(fact, "referral", None)
    if referral is not None and referral.partner != partner:
        document.pop("referral")
