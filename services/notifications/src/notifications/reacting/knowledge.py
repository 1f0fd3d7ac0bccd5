"""What notifications knows of an episode, from its events alone: clinic, therapist, sharing consents."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.envelope import PublishedEvent
from contracts.events import EpisodeOpened, ResponsibilityTransferred, SharingConsented, SharingWithdrawn


@dataclass(frozen=True, slots=True)
class Consent:
    """A client's consent to share facts of these kinds with one partner."""

    id: UUID
    partner: UUID
    kinds: frozenset[str]
    effective_from: datetime
    until: datetime | None = None
    withdrawn_from: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        ends = [end for end in (self.until, self.withdrawn_from) if end is not None]
        return self.effective_from <= moment and all(moment < end for end in ends)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of an episode from the events seen so far; `sequence` is that of the last one.

    `referring_partner` waits to be notified of the opening. For an imported opening nobody does.
    """

    clinic: UUID | None = None
    therapist: UUID | None = None
    referring_partner: UUID | None = None
    sequence: int = 0
    consents: tuple[Consent, ...] = ()

    def partners_told(self, kind: str, moment: datetime) -> tuple[UUID, ...]:
        """The partners with a consent to facts of this kind at that moment, each once."""
        told = {it.partner for it in self.consents if kind in it.kinds and it.holds_at(moment)}
        return tuple(sorted(told))


def learn(known: Knowledge, event: PublishedEvent, *, late: bool = False) -> Knowledge:
    """What is known after an event. Imported events count like any other.

    `late`: later ones of the episode were taken before it, and know better who answers for it.
    """
    clinic = known.clinic if late and known.clinic else event.clinic
    known = replace(known, clinic=clinic, sequence=max(known.sequence, event.sequence))
    match event.data:
        case EpisodeOpened(therapist=therapist, referring_partner=referring_partner):
            waiting = None if event.origin == "imported" else referring_partner
            answers = known.therapist if late and known.therapist else therapist
            return replace(known, therapist=answers, referring_partner=waiting)
        case ResponsibilityTransferred(from_therapist=former, to_therapist=therapist):
            if late and known.therapist not in (None, former):
                return known
            return replace(known, therapist=therapist)
        case SharingConsented() as given:
            return _with(known, _consent(given, known))
        case SharingWithdrawn() as withdrawn:
            return _withdraw(known, withdrawn, event.recordedtime)
        case _:
            return known


def missing_before(known: Knowledge, event: PublishedEvent) -> int:
    """How many published events of the episode were never seen before this one."""
    return max(0, event.sequence - known.sequence - 1)


def _consent(given: SharingConsented, known: Knowledge) -> Consent:
    """A consent that comes after its withdrawal stays withdrawn."""
    ends = next((it.withdrawn_from for it in known.consents if it.id == given.consent), None)
    kinds = frozenset(given.kinds)
    return Consent(given.consent, given.partner, kinds, given.effective_from, given.until, ends)


def _with(known: Knowledge, consent: Consent) -> Knowledge:
    others = tuple(it for it in known.consents if it.id != consent.id)
    return replace(known, consents=(*others, consent))


def _withdraw(known: Knowledge, withdrawn: SharingWithdrawn, recorded_at: datetime) -> Knowledge:
    """A withdrawal takes effect when it is recorded, or later if it says so, but never before.

    That of a consent that is not known yet is remembered as a consent to nothing.
    """
    takes_effect = max(withdrawn.effective_from, recorded_at)
    for consent in known.consents:
        if consent.id == withdrawn.consent:
            return _with(known, replace(consent, withdrawn_from=takes_effect))
    nothing = Consent(withdrawn.consent, withdrawn.partner, frozenset(), takes_effect, None, takes_effect)
    return _with(known, nothing)
