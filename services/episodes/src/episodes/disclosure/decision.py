"""Decides whether an event may go to a partner now, from what is recorded at this moment, for one attempt."""

from datetime import datetime
from uuid import UUID

from contracts.disclosure import Decision, Question
from episodes.domain.care.sharing_consents import SharingConsented, live_consent
from episodes.domain.episode import Episode, Span
from episodes.domain.event import Redacted
from episodes.domain.vocabulary import kind_of, may_concern
from episodes.visibility import standing


def consent_for(
    question: Question, episode: Episode | None, now: datetime
) -> tuple[Span[SharingConsented] | None, str]:
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
    identifier: UUID, consent: Span[SharingConsented] | None, reason: str, your_client_ref: str | None
) -> Decision:
    """The answer to one question. Only an allowed one has the ids of the client."""
    allowed = consent is not None
    return Decision.model_validate(
        {
            "decision_id": identifier,
            "allowed": allowed,
            "reason": reason,
            "subject": consent.fact.subject if consent is not None else None,
            "your_client_ref": your_client_ref if allowed else None,
        }
    )
