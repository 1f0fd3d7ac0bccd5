"""Decides whether an event may go to a partner now, from what is recorded at this moment, for one attempt."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.disclosure import Decision, Question, Reason
from episodes.access import Caller
from episodes.domain.care.sharing_consents import SharingConsented, live_consent
from episodes.domain.episode import Episode, Span
from episodes.domain.event import Redacted
from episodes.domain.vocabulary import kind_of, may_concern
from episodes.visibility import standing

Consent = Span[SharingConsented]


@dataclass(frozen=True, slots=True)
class Found:
    """What is recorded about the events in question."""

    episode_of: Mapping[UUID, UUID]
    """The episode of each event that exists."""

    episodes: Mapping[UUID, Episode]
    """The network's episodes, as recorded now."""

    unreadable: Collection[UUID]
    """Episodes with a damaged event, or one of a later release. They do not affect the others."""

    references: Mapping[tuple[UUID, UUID], str]
    """Partners' own numbers for clients: the identifier whose system is the partner's id."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A disclosure that was allowed, as it is recorded before it is answered."""

    decision: UUID
    question: Question
    episode: UUID
    consent: Consent


def decide(
    caller: Caller, questions: Sequence[Question], found: Found, new_id: Callable[[], UUID], now: datetime
) -> tuple[list[Decision], list[Allowed]]:
    """The decisions in the order of the questions, and what they allow."""
    decisions: list[Decision] = []
    allowed: list[Allowed] = []
    for question in questions:
        identifier = new_id()
        episode = _readable(caller, question, found)
        consent, reason = consent_for(question, episode, now)
        reference = None
        if found.episode_of.get(question.event_id) in found.unreadable:
            reason = "unreadable"
        elif consent is not None and episode is not None:
            allowed.append(Allowed(identifier, question, episode.id, consent))
            reference = found.references.get((episode.client, question.partner))
        decisions.append(decision(identifier, consent, reason, reference))
    return decisions, allowed


def _readable(caller: Caller, question: Question, found: Found) -> Episode | None:
    """The episode of the event, if it can be read; that of another clinic is not there."""
    place = found.episode_of.get(question.event_id)
    episode = None if place is None else found.episodes.get(place)
    return episode if episode is not None and caller.may_act_for(episode.clinic) else None


def consent_for(question: Question, episode: Episode | None, now: datetime) -> tuple[Consent | None, Reason]:
    """The consent that allows the disclosure, or None; and the reason to answer."""
    if episode is None:
        return None, "unknown_event"
    recorded = episode.entry(question.event_id)
    entry = None if recorded is None else standing(episode, recorded)
    if entry is None or isinstance(entry.fact, Redacted):
        return None, "redacted"
    kind = kind_of(entry.fact)
    if kind is None or not may_concern(entry.fact, question.partner):
        return None, "not_shared"
    consent = live_consent(episode, question.partner, kind, entry.labels, episode.time(now))
    return consent, "no_consent" if consent is None else "consented"


def decision(
    identifier: UUID, consent: Consent | None, reason: Reason, your_client_ref: str | None
) -> Decision:
    """The answer to one question. Only an allowed one has the ids of the client."""
    return Decision(
        decision_id=identifier,
        allowed=consent is not None,
        reason=reason,
        subject=None if consent is None else consent.fact.subject,
        your_client_ref=None if consent is None else your_client_ref,
    )
