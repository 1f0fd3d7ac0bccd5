"""Given a history, when a command is sent, then these facts are recorded or that refusal is raised."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import Actor, EventMetadata, RecordedEvent
from episodes.domain.refusals import Refused
from episodes.domain.time import When
from episodes.domain.vocabulary import BY_FACT, decide, evolve

ZONE = "America/Los_Angeles"
EPISODE, CLINIC, CLIENT, THERAPIST = (UUID(int=number) for number in range(1, 5))
PARTNER, SUBJECT, NETWORK = UUID(int=5), UUID(int=6), "northwest"
COLLEAGUE, OTHER_CLINIC = UUID(int=8), UUID(int=9)
NEXT = (UUID(int=101), UUID(int=102))
"""The ids of the events that a command would record."""


def march(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment in March 2026 at the clinic, where summer time begins on the 8th."""
    local = datetime(2026, 3, day, hour, minute, second, tzinfo=ZoneInfo(ZONE))
    return datetime.fromisoformat(local.isoformat())


NOW = march(31, 18)


@dataclass(frozen=True)
class Past:
    """A fact of this episode, when it happened, and the id of its event."""

    fact: Any
    when: When
    labels: tuple[str, ...] = ()

    @property
    def id(self) -> UUID:
        return uuid5(EPISODE, f"{self.fact} {self.when}")


def moment(at: datetime | date | When) -> When:
    """The time of a fact: a date has the precision of a day, a time that of a second."""
    if isinstance(at, When):
        return at
    return When.of(at, "second", ZONE) if isinstance(at, datetime) else When.day(at, ZONE)


def past(fact: Any, at: datetime | date | When, *labels: str) -> Past:
    return Past(fact, moment(at), labels)


def recorded(past: Past, version: int, sequence: int | None = None) -> RecordedEvent[Any]:
    """The fact as read back from the store."""
    header = EventMetadata(
        event_id=past.id,
        type=BY_FACT[type(past.fact)].name,
        episode_id=EPISODE,
        version=version,
        network=NETWORK,
        clinic=CLINIC,
        occurred_at=past.when.at,
        precision=past.when.precision,
        zone=past.when.zone,
        recorded_at=NOW - timedelta(minutes=1),
        origin="live",
        actor=Actor(id=THERAPIST, role="therapist"),
        client=CLIENT,
        command_id=UUID(int=200 + version),
        correlation_id=UUID(int=300 + version),
        key_id=UUID(int=7),
        sequence=sequence,
    )
    return RecordedEvent(header, past.fact, past.labels)


def replayed(history: Iterable[Past]) -> Episode:
    """The episode after this history, which may be empty."""
    episode = Episode(id=EPISODE, network=NETWORK, clinic=CLINIC, client=CLIENT)
    for version, entry in enumerate(history, start=1):
        episode = evolve(episode, recorded(entry, version))
    return episode


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command: facts, or a refusal."""

    facts: list[Any]
    refusal: Refused | None = None

    def then(self, *facts: Any) -> None:
        assert self._accepted() == list(facts)

    def then_recorded(self) -> Any:
        """Check that it was recorded. Returns the first fact."""
        return self._accepted()[0]

    def then_refused(self, rule: str, pointer: str = "") -> None:
        assert self.refusal is not None, f"recorded {self.facts}"
        assert (self.refusal.rule, self.refusal.pointer) == (rule, pointer)

    def then_breaches(self, *rules: str) -> None:
        assert [breach.rule for breach in self.then_recorded().breaches] == list(rules)

    def then_verdict(self, verdict: str, *rules: str) -> None:
        check = self.then_recorded()
        assert (check.verdict, [reason.rule for reason in check.reasons]) == (verdict, list(rules))

    def _accepted(self) -> list[Any]:
        if self.refusal is not None:
            raise self.refusal
        return self.facts


@dataclass(frozen=True)
class Given:
    """An episode with a history."""

    episode: Episode

    def when(
        self,
        draft: Any,
        at: datetime | date | When = NOW,
        *,
        now: datetime = NOW,
        about: UUID | None = None,
        **more: Any,
    ) -> Outcome:
        own_time = BY_FACT[type(draft)].own_time
        when = own_time(draft, ZONE) if own_time is not None else moment(at)
        subject = SUBJECT if hasattr(draft, "subject") else None
        asked = Command(draft=draft, when=when, now=now, event_ids=NEXT, subject=subject, about=about, **more)
        try:
            return Outcome([decided.fact for decided in decide(self.episode, asked)])
        except Refused as refusal:
            return Outcome([], refusal)


def given(*history: Past) -> Given:
    return Given(replayed(history))
