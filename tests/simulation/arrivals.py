"""What must hold of facts that came late, doubled or in another order than they happened."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID

from episodes.domain.care.amendments import Amendment
from episodes.domain.care.rejudging import SessionsRejudged
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.refusals import Refused
from episodes.domain.vocabulary import decide, evolve, judged_anew
from episodes.event_log.folding import fold
from tests.simulation.tablets import Sent
from tests.simulation.world import World
from tests.support.episodes.naive_judge import judgements

Entry = RecordedEvent[Any]
Judged = Mapping[UUID, frozenset[str]]


def every_session_is_judged_as_a_naive_judge_judges_it(world: World) -> None:
    for episode in _episodes(world):
        events = _of(world, episode)
        expected = {session: frozenset(rules) for session, rules in judgements(events).items()}
        assert judged(fold(events)) == expected


def judgements_are_those_of_the_order_of_time(world: World) -> None:
    if (episode := world.tablets.episode) is not None:
        again = in_order_of_time(world)
        assert again is None or judged(again) == judged(fold(_of(world, episode)))


def what_was_sent_twice_under_another_key_is_told(world: World) -> None:
    """While the first stands as it was sent: a session of a visit is refused, all else is warned of."""
    for sent in world.tablets.sent:
        if sent.again_of is not None:
            visit = getattr(sent.command.draft, "visit", None)
            if sent.answer is None:
                refusal: Any = world.clinic.refused[sent.command.id]
                expected = [("visit-already-recorded", "/visit")] if visit is not None else []
                assert (refusal.rule, refusal.pointer) in [*expected, ("unknown-event", "/check_id")]
            elif _stood(world, sent.again_of, sent):
                warned = {one["rule"] for one in json.loads(sent.answer.body)["warnings"]}
                assert visit is None, "a visit has two sessions"
                assert "looks-recorded-already" in warned


INVARIANTS: tuple[Callable[[World], None], ...] = (
    every_session_is_judged_as_a_naive_judge_judges_it,
    judgements_are_those_of_the_order_of_time,
    what_was_sent_twice_under_another_key_is_told,
)


def judged(episode: Episode | None) -> Judged:
    """The rules that each session broke, by the judgement that counts."""
    assert episode is not None
    return {
        entry.metadata.event_id: frozenset(breach.rule for breach in entry.fact.breaches)
        for entry in episode.of(SessionDelivered)
    }


def in_order_of_time(world: World) -> Episode | None:
    """The episode if all that was recorded had come in the order in which it happened, each after what it
    names; and amendments after that, as they came. None if something would have been refused then.
    """
    sent = {one.command.id: one for one in world.tablets.sent}
    assert world.tablets.episode is not None
    entries = _of(world, world.tablets.episode)
    commands = [_Recorded.of(sent, own) for own in _by_command(entries) if own[0].metadata.command_id in sent]
    told = _Told()
    try:
        for one in _ordered(commands):
            told.tell(one)
    except Refused:
        return None
    return told.episode


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A command and what it recorded, what it judged anew aside."""

    command: Any
    entries: Sequence[Entry]

    @classmethod
    def of(cls, sent: Mapping[UUID, Sent], entries: Sequence[Entry]) -> "_Recorded":
        own = [entry for entry in entries if not isinstance(entry.fact, SessionsRejudged)]
        return cls(sent[entries[0].metadata.command_id].command, own)

    @property
    def named(self) -> set[UUID]:
        named = (self.command.about, getattr(self.command.draft, "check_id", None))
        return {one for one in named if one is not None}

    @property
    def ids(self) -> list[UUID]:
        return [entry.metadata.event_id for entry in self.entries]


def _by_command(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    found: dict[UUID, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.metadata.command_id, []).append(entry)
    yield from found.values()


def _ordered(commands: Sequence[_Recorded]) -> Iterator[_Recorded]:
    """The amendments' own time is that of their recording, and a clock that jumped has no say in it."""
    facts = [one for one in commands if not isinstance(one.command.draft, Amendment)]
    waiting, known = sorted(facts, key=lambda one: one.entries[0].metadata.occurred_at), set[UUID]()
    while waiting:
        following = next(one for one in waiting if one.named <= known)
        waiting.remove(following)
        known.update(following.ids)
        yield following
    yield from (one for one in commands if isinstance(one.command.draft, Amendment))


@dataclass(slots=True)
class _Told:
    """An episode to which commands are told as they were: under the same ids, at the same times."""

    episode: Episode | None = None
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def tell(self, one: _Recorded) -> None:
        header = one.entries[0].metadata
        before = self.episode or Episode(
            id=header.episode_id, network=header.network, clinic=header.clinic, client=header.client
        )
        asked = Command(
            draft=one.command.draft,
            when=header.when,
            now=header.recorded_at,
            event_ids=[*one.ids, self._own_id()],
            about=one.command.about,
        )
        new = [
            self._keep(one.entries[0], item, event)
            for item, event in zip(decide(before, asked), asked.event_ids, strict=False)
        ]
        assert self.episode is not None
        for item in judged_anew(before, self.episode, new):
            self._keep(one.entries[0], item, self._own_id())

    def _keep(self, like: Entry, item: Any, event: UUID) -> Entry:
        said = {"occurred_at": item.when.at, "precision": item.when.precision}
        entry = RecordedEvent(replace(like.metadata, event_id=event, **said), item.fact)
        self.episode = evolve(self.episode, entry)
        return entry

    def _own_id(self) -> UUID:
        return UUID(int=next(self.ids))


def _stood(world: World, first: Sent, again: Sent) -> bool:
    """Whether nothing had amended the first when the second was recorded."""
    assert first.answer is not None
    assert again.answer is not None
    assert world.tablets.episode is not None
    entries = _of(world, world.tablets.episode)
    version = next(it.metadata.version for it in entries if it.metadata.event_id == again.answer.event)
    return not any(
        isinstance(it.fact, Amendment)
        and it.fact.event == first.answer.event
        and it.metadata.version < version
        for it in entries
    )


def _episodes(world: World) -> dict[UUID, None]:
    return dict.fromkeys(entry.metadata.episode_id for entry in world.log.entries)


def _of(world: World, episode: UUID) -> list[Entry]:
    return [entry for entry in world.log.entries if entry.metadata.episode_id == episode]
