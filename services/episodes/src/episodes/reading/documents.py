"""What is shown of an episode: its state, its history, one event; to a partner only what a consent names."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import (
    Amendment,
    AmendmentRefused,
    EntryAddedTo,
    EntryAttested,
    EntryCorrected,
)
from episodes.domain.care.openings import Responsibility
from episodes.domain.care.plans import Plan
from episodes.domain.care.rejudging import SessionsRejudged
from episodes.domain.care.session_checks import SessionChecked, verdict_now
from episodes.domain.care.treatment_consents import TreatmentConsented, until_of_age
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata, RecordedEvent, Redacted
from episodes.domain.status import status
from episodes.domain.time import Interval, When, compare
from episodes.domain.vocabulary import BY_FACT, BY_NAME, kind_of
from episodes.errors import NotThere
from episodes.reading.partner_fields import partner_fields
from episodes.visibility import Viewer

Document = dict[str, Any]

FOR_PARTNERS = (
    *("event_id", "type", "episode_id", "version", "sequence", "clinic", "origin"),
    *("occurred_at", "precision", "zone", "recorded_at"),
)
"""What a partner sees of an envelope; the client appears by the reference made for it."""

ABOUT_OTHERS = (Amendment, EntryAttested, AmendmentRefused, SessionsRejudged)
"""Facts that are shown with the entries they are about, not beside them."""


_ATOMS = frozenset({str, int, float, bool, UUID, datetime, date})
"""Most parts of most entries: shown as they are."""


def state(look: Viewer, episode: Episode, when: When | None = None) -> Document:
    """The rebuilt state: a section per resource; what holds over an interval says since and until.

    `episode` may be an older version of the one looked at. `when` shows it as it was then by all that this
    version knows: what had happened by then, and whether what holds over an interval held.
    """
    intervals: dict[UUID, list[Interval]] = defaultdict(list)
    for held in episode.spans:
        if isinstance(held.fact, TreatmentConsented):
            intervals[held.id].append(until_of_age(episode, held))
        elif not isinstance(held.fact, Responsibility):
            intervals[held.id].append(held.interval)
    about = _about(look, episode.entries)
    sections: dict[str, list[Document]] = defaultdict(list)
    for entry in map(look.shown, filter(look.sees, episode.entries)):
        if entry is None or isinstance(entry.fact, ABOUT_OTHERS) or not _by(when, entry.metadata.when):
            continue
        document = _entry(look, entry) | about.get(entry.metadata.event_id, {})
        if isinstance(entry.fact, SessionChecked) and look.partner is None:
            document["verdict_now"] = verdict_now(episode, entry)
        if entry.metadata.event_id in intervals:
            document |= _holding(intervals[entry.metadata.event_id], when)
        sections[section(type(entry.fact))].append(document)
    opened = sections.pop("episodes", [])
    document = {
        "id": episode.id,
        "version": episode.version,
        "status": status(episode, when) if look.sees_closure() else None,
        "clinic": episode.clinic,
        "client": look.client(),
        "opened": opened[0] if opened else None,
        "responsible": None if look.partner is not None else _responsible(episode, when),
        **sections,
    }
    return {name: part for name, part in document.items() if part is not None}


def history(
    look: Viewer,
    entries: Sequence[RecordedEvent[Any]],
    later: Sequence[RecordedEvent[Any]] = (),
) -> Document:
    """Every event, oldest first: who, when, why, late or not, amended by what; redacted ones are there.

    Of a page, `later` has the events after it that say something about others.
    """
    about = _about(look, (*entries, *later))
    return {
        "events": [
            _event(look, entry) | about.get(entry.metadata.event_id, {})
            for entry in entries
            if look.sees(entry)
        ]
    }


def event(look: Viewer, entry: RecordedEvent[Any]) -> Document:
    """One event, whole: what `recordref` names. Staff see it as it was recorded, a partner as it is now."""
    shown = look.shown(entry)
    if shown is None or not look.sees(entry):
        raise NotThere
    return _event(look, shown) | _about(look, look.episode.entries).get(entry.metadata.event_id, {})


def _event(look: Viewer, entry: RecordedEvent[Any]) -> Document:
    metadata = entry.metadata
    envelope = {field.name: getattr(metadata, field.name) for field in fields(EventMetadata)}
    if look.partner is not None:
        envelope = {name: envelope[name] for name in FOR_PARTNERS}
        envelope |= {"client_ref": look.client(), "subject": look.client()}
    redacted = isinstance(entry.fact, Redacted)
    return {
        **plain(envelope),
        "labels": entry.labels,
        "fact": {"redacted": True} if redacted else _fact(look, entry),
    }


def plain(value: Any) -> Any:
    """Dataclasses as documents, without what is absent."""
    cls: Any = type(value)
    names = _names(cls)
    if names is not None:
        return _without_absent([(name, getattr(value, name)) for name in names])
    if isinstance(value, dict):
        return _without_absent(value.items())
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def _without_absent(parts: Iterable[tuple[str, Any]]) -> Document:
    return {name: part if type(part) in _ATOMS else plain(part) for name, part in parts if part is not None}


@cache
def _names(cls: type[Any]) -> tuple[str, ...] | None:
    """Asked for each part of each entry of a long episode, so found once."""
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else None


def _by(when: When | None, happened: When) -> bool:
    return when is None or compare(happened, when) <= 0


def _holding(intervals: Sequence[Interval], when: When | None) -> Document:
    """Since and until: of several, the last begun by `when`. A flag stands again once its clearing ends."""
    begun = [interval for interval in intervals if _by(when, interval.since)] or intervals[:1]
    shown = begun[-1]
    document: Document = {"since": shown.since.at, "until": shown.until and shown.until.at}
    if when is not None:
        document["holds"] = any(interval.holds_at(when) for interval in intervals)
    return document


def section(fact: type[Any]) -> str:
    """The section of the state in which facts of this kind stand."""
    return "plans" if issubclass(fact, Plan) else BY_FACT[fact].resource.split("/{")[0]


def _responsible(episode: Episode, when: When | None) -> list[Document]:
    """Who answered for the episode, from when until when."""
    return [
        {**plain(held.fact), **_holding([held.interval], when), **_answers_at(held.interval, when)}
        for held in episode.spans_of(Responsibility)
        if _by(when, held.interval.since)
    ]


def _answers_at(interval: Interval, when: When | None) -> Document:
    """Also where nothing is known of the time of the opening, somebody answered from the first day on."""
    return {} if when is None else {"holds": interval.may_hold_at(when)}


def _about(look: Viewer, entries: Iterable[RecordedEvent[Any]]) -> dict[UUID, Document]:
    """What was said later about an event, if it may be seen: its amendments, and who vouched for it."""
    about: dict[UUID, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for entry in filter(look.sees, entries):
        said = {"event": entry.metadata.event_id, "type": entry.metadata.type}
        match entry.fact:
            case Amendment(event=event) | AmendmentRefused(event=event) if event is not None:
                about[event]["amended_by"].append(said)
            case EntryAttested(events=events):
                for event in events:
                    about[event]["attested_by"].append(said)
            case SessionsRejudged(sessions=sessions):
                for judged in sessions:
                    about[judged.session]["rejudged_by"].append(said)
    return {event: dict(parts) for event, parts in about.items()}


def _entry(look: Viewer, entry: RecordedEvent[Any]) -> Document:
    document: Document = plain(_summary(look, entry))
    return document | _fact(look, entry)


def _summary(look: Viewer, entry: RecordedEvent[Any]) -> Document:
    metadata = entry.metadata
    return {
        "id": metadata.event_id,
        "type": metadata.type,
        "version": metadata.version,
        "occurred_at": metadata.occurred_at,
        "precision": metadata.precision,
        "recorded_at": metadata.recorded_at,
        "origin": metadata.origin,
        "performer": None if look.partner is not None else metadata.performer,
        "labels": entry.labels or None,
    }


def _fact(look: Viewer, entry: RecordedEvent[Any]) -> Document:
    fact = entry.fact
    if look.partner is None:
        document: Document = plain(fact)
        return document
    screened = kind_of(fact) == "screening" or look.sees_screening(entry)
    document = _for_partner(look.partner, type(fact), _parts(fact), screened)
    match fact:
        case EntryCorrected(replacement=whole):
            document["replacement"] = _for_partner(look.partner, type(whole), _parts(whole), screened)
        case EntryAddedTo(added=parts):
            document["added"] = _for_partner(look.partner, BY_NAME[fact.of].fact, parts, screened)
    return document


def _parts(fact: Any) -> Document:
    return {field.name: getattr(fact, field.name) for field in fields(fact)}


def _for_partner(partner: UUID, kind: Any, parts: Mapping[str, Any], screened: bool) -> Document:
    """The parts of a fact of this kind that a partner may read."""
    shown = {
        name: parts[name]
        for name, needs_screening in partner_fields(kind).items()
        if name in parts and (screened or not needs_screening)
    }
    if getattr(shown.get("referral"), "partner", None) != partner and is_dataclass(shown.get("referral")):
        del shown["referral"]  # who else treats the client is for that partner alone to know
    document: Document = plain(shown)
    return document
