"""Judging sessions anew: what is recorded late changes what held when they began, and so what they broke.

It is an event and no derivation, because rules change and history does not, and because whoever was alerted
must hear of it. The last judgement counts; history keeps what was judged when.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from episodes.domain.breaches import OF_SESSIONS, RULES_VERSION, Breach
from episodes.domain.care.amendments import Amendment
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered, broken_rules
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn, withdrawn_from
from episodes.domain.decision import Command, NewFact
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.field_rules import COMPUTED, EVENT, OneOf
from episodes.domain.step import ALWAYS, Step
from episodes.domain.time import When, compare

AT_ONCE = 200
"""How many sessions one event judges at most; with all their rules broken they take 80 KB."""

APART = timedelta(days=368)
"""Two times that lie further apart than this never count as the same, even if one is known to the year only
and they are meant in different time zones.
"""
APART_TO_THE_MINUTE = timedelta(minutes=1)
"""The same bound for two times that are both known to the minute or second."""
_TO_THE_MINUTE = ("second", "minute")

JUDGED = (SessionChecked, SessionDelivered)
"""A late fact touches the sessions that began no earlier, and those whose check was made no earlier."""

Rules = tuple[Annotated[str, OneOf(*OF_SESSIONS)], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionJudged:
    """Which rules of care one session broke, by all that is known now."""

    session: Annotated[UUID, COMPUTED, EVENT]
    """The event that recorded the session."""
    breaches: Annotated[Rules, COMPUTED]
    """All rules of care that it broke; none if it broke none."""
    before: Annotated[Rules, COMPUTED]
    """All that it was judged to have broken until now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsRejudged:
    """Sessions that were judged otherwise until something was recorded late, or amended."""

    because: Annotated[UUID | None, COMPUTED, EVENT] = None
    """The event that changed what is known; absent where an operator had all sessions judged anew."""
    rules_version: Annotated[str, COMPUTED] = RULES_VERSION
    """The version of the rules that was applied."""
    sessions: Annotated[tuple[SessionJudged, ...], COMPUTED] = ()
    """The sessions whose judgement changed."""


def all_later(before: Episode, reaching: Sequence[RecordedEvent[Any]]) -> bool:
    """Whether all of these are surely later than every session and check before them, as what is recorded as
    it happens: then no session is judged anew, and none has to be looked at.
    """
    until = before.judged_until
    return until is None or all(
        not isinstance(entry.fact, Amendment)
        and (since := _takes_effect(entry)).precision in _TO_THE_MINUTE
        and since.at > until
        for entry in reaching
    )


def judged_anew(
    episode: Episode, reaching: Sequence[RecordedEvent[Any]], recorded: Sequence[RecordedEvent[Any]]
) -> list[NewFact]:
    """What a command changes in the judgement of sessions that it did not record itself.

    `episode` is the state after it, `recorded` its events, and `reaching` those by which sessions are judged.
    """
    own = {entry.metadata.event_id.int for entry in recorded}
    sessions = [one for one in _reached(episode, reaching, own) if one.metadata.event_id.int not in own]
    if not sessions:
        return []
    first = recorded[0].metadata
    return rejudged(episode, sessions, When(first.recorded_at, "second", first.zone), first.event_id)


def rejudged(
    episode: Episode, sessions: Sequence[RecordedEvent[SessionDelivered]], when: When, because: UUID | None
) -> list[NewFact]:
    """The judgements of these sessions that differ from those that stand, in as many facts as they need.

    Imported sessions have facts of their own: nobody was alerted of them, nor is now.
    """
    judge = _Judge.of(episode)
    facts = []
    for origin in ("live", "imported"):
        of_it = (one for one in sessions if (one.metadata.origin == "imported") is (origin == "imported"))
        judged = [it for entry in of_it if (it := judge.judged(entry)) is not None]
        for start in range(0, len(judged), AT_ONCE):
            part = tuple(judged[start : start + AT_ONCE])
            facts.append(NewFact(SessionsRejudged(because=because, sessions=part), when, origin=origin))
    return facts


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges sessions of one episode, whose checks and sessions it has looked up once."""

    episode: Episode
    checks: Mapping[UUID, RecordedEvent[SessionChecked]]
    on_check: Mapping[UUID | None, Sequence[RecordedEvent[SessionDelivered]]]

    @classmethod
    def of(cls, episode: Episode) -> "_Judge":
        on_check = defaultdict(list)
        for entry in episode.of(SessionDelivered):
            on_check[entry.fact.check_id].append(entry)
        return cls(episode, {it.metadata.event_id: it for it in episode.of(SessionChecked)}, on_check)

    def judged(self, entry: RecordedEvent[SessionDelivered]) -> SessionJudged | None:
        """Its judgement as it would be now, if that differs from the one that stands."""
        fact, when = entry.fact, entry.metadata.when
        check = None if fact.check_id is None else self.checks.get(fact.check_id)
        others = [one for one in self.on_check[fact.check_id] if one is not entry]
        before = tuple(breach.rule for breach in fact.breaches)
        now = broken_rules(self.episode, fact, when, check, others)
        if set(now) == set(before):
            return None
        return SessionJudged(session=entry.metadata.event_id, breaches=now, before=before)


def _reached(
    episode: Episode, reaching: Sequence[RecordedEvent[Any]], own: Set[int]
) -> Iterator[RecordedEvent[SessionDelivered]]:
    """The sessions that may have to be judged anew: after an amendment, or what may have happened at any
    time, all; else those at or after its time, or on a check that was. `own` are the numbers of the command's
    own events, on which no earlier session rests.
    """
    if any(isinstance(entry.fact, Amendment) or not entry.metadata.when.known for entry in reaching):
        yield from episode.of(SessionDelivered)
        return
    since = [_takes_effect(entry) for entry in reaching]
    touched = {
        entry.metadata.event_id
        for entry in _near(episode, since)
        if isinstance(entry.fact, JUDGED)
        and entry.metadata.event_id.int not in own
        and _not_before(entry, since)
    }
    if not touched:
        return
    for entry in episode.of(SessionDelivered):
        if entry.fact.check_id in touched or entry.metadata.event_id in touched:
            yield entry


def _near(episode: Episode, since: Sequence[When]) -> list[RecordedEvent[Any]]:
    """The entries that are not far earlier: it spares what is recorded as it happens an exact comparison with
    all that came before.
    """
    first = min(one.at for one in since)
    earliest = first - APART
    if any(one.precision not in _TO_THE_MINUTE for one in since):
        return [entry for entry in episode.entries if entry.metadata.occurred_at >= earliest]
    minute = first - APART_TO_THE_MINUTE
    return [
        entry
        for entry in episode.entries
        if (at := entry.metadata.occurred_at) >= earliest
        and (at >= minute or entry.metadata.precision not in _TO_THE_MINUTE)
    ]


def _takes_effect(entry: RecordedEvent[Any]) -> When:
    return withdrawn_from(entry) if isinstance(entry.fact, TreatmentConsentWithdrawn) else entry.metadata.when


def _not_before(entry: RecordedEvent[Any], since: Sequence[When]) -> bool:
    return any(compare(entry.metadata.when, one) >= 0 for one in since)


def judgements_told(episode: Episode, entry: RecordedEvent[SessionsRejudged]) -> Episode:
    """The judged sessions in their places; who explained a breach that stands has explained it still."""
    judged = {it.session: it.breaches for it in entry.fact.sessions}
    version = entry.fact.rules_version
    return episode.with_parts(
        tuple(_with_breaches(one, judged, version) for one in episode.entries), episode.spans
    )


def _with_breaches(
    entry: RecordedEvent[Any], judged: Mapping[UUID, Sequence[str]], version: str
) -> RecordedEvent[Any]:
    rules = judged.get(entry.metadata.event_id)
    if rules is None or not isinstance(entry.fact, SessionDelivered):
        return entry
    known = {breach.rule: breach for breach in entry.fact.breaches}
    breaches = tuple(known.get(rule) or Breach(rule=rule, rules_version=version) for rule in rules)
    return replace(entry, fact=replace(entry.fact, breaches=breaches))


def rejudge(episode: Episode, command: Command[SessionsRejudged]) -> list[NewFact]:
    """Judges every session anew, by the rules as they are now. Nothing is recorded where nothing changed."""
    sessions = list(episode.of(SessionDelivered))
    return rejudged(episode, sessions, command.when, None)


REJUDGING = Step(
    name="sessions-rejudged.1",
    fact=SessionsRejudged,
    command="rejudge_sessions",
    resource="rejudgements",
    who=frozenset(),
    published=True,
    decide=rejudge,
    evolve=judgements_told,
    after_closing=ALWAYS,
    rewrites=True,
    offered=False,
)
