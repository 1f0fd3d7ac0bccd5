"""An episode to which facts are sent one by one, in whatever order: decided, recorded, and judged anew."""

from dataclasses import replace
from typing import Any

from episodes.domain.care.rejudging import SessionsRejudged
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.decision import NOTHING_KNOWN, Command, Known
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.time import When
from episodes.domain.vocabulary import decide, evolve, judged_anew
from tests.support.episodes.naive_judge import judgements
from tests.support.episodes.scenario import NOW, Past, march, past, recorded, replayed

NOW_FLAG = past("a flag", march(31)).id
"""The id of a flag that a check raises."""


class Told:
    """An episode to which facts are sent in order, as callers send them: decided, and judged anew."""

    def __init__(self, *history: Past, known: Known = NOTHING_KNOWN) -> None:
        self.known = known
        self.events = [recorded(one, version) for version, one in enumerate(history, start=1)]
        self.episode: Episode = replayed(history)

    def tell(self, told: Past, about: Any = None) -> list[SessionsRejudged]:
        """Record a fact under its id. Returns what it judges anew."""
        command = Command(
            draft=told.fact,
            when=told.when,
            now=NOW,
            event_ids=(told.id, NOW_FLAG),
            about=about,
            known=self.known,
        )
        before = self.episode
        new = [
            self.keep(item.fact, item.when, event_id)
            for event_id, item in zip(command.event_ids, decide(self.episode, command), strict=False)
        ]
        anew = judged_anew(before, self.episode, new)
        for item in anew:
            self.keep(item.fact, item.when, past(item.fact, item.when).id)
        return [item.fact for item in anew]

    def keep(self, fact: Any, when: When, event_id: Any) -> RecordedEvent[Any]:
        header = recorded(past(fact, when), len(self.events) + 1).metadata
        entry = RecordedEvent(replace(header, event_id=event_id), fact)
        self.events.append(entry)
        self.episode = evolve(self.episode, entry)
        return entry

    def broken(self, session: Past) -> list[str]:
        entry = self.episode.entry(session.id)
        assert entry is not None
        return [breach.rule for breach in entry.fact.breaches]

    def agrees(self) -> None:
        """Check that the naive model judges all sessions alike."""
        ours = {
            entry.metadata.event_id: {breach.rule for breach in entry.fact.breaches}
            for entry in self.episode.of(SessionDelivered)
        }
        assert ours == judgements(self.events)
