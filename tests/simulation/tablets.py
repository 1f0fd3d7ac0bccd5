"""Callers who send late, doubled and in another order: tablets that were offline for days."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from tests.simulation.callers import Clinic, consent
from tests.simulation.log import PARTNERS
from tests.simulation.scheduling import Scheduler, pause
from tests.simulation.story import BEFORE, FIRST, Dated, correction, opening, story
from tests.support.episodes import care_facts

AT_ONE_EPISODE = 2
_AMENDED = (SessionDelivered, SessionChecked, RedFlagRaised)
_EXACT = (None, "second", "minute")


@dataclass(eq=False, slots=True)
class Sent:
    """One command, as often as it was sent under its key; `again_of` is what it repeats under another key."""

    command: CommandRequest
    again_of: "Sent | None" = None
    answer: Answer | None = None


@dataclass(eq=False)
class Tablets:
    """Two tablets at one episode. What each sends waits until that has an id which it names."""

    scheduler: Scheduler
    clinic: Clinic
    episode: UUID | None = None
    sent: list[Sent] = field(default_factory=list)
    answers: dict[Dated, UUID] = field(default_factory=dict)
    lost: set[Dated] = field(default_factory=set)
    """What was refused, or names what was: it is given up."""

    def begin(self) -> None:
        self.clinic.busy += 1
        self.scheduler.spawn(self.clinic.me, self._course)

    async def _course(self) -> None:
        random = self.scheduler.random
        opened = await self._sends(Dated(opening(random), Circumstances(occurred_at=BEFORE)))
        assert opened.answer is not None, "an opening is not refused"
        self.episode = opened.answer.episode
        await self._sends(Dated(care_facts.a_baseline, Circumstances(occurred_at=BEFORE)))
        if random.random() < 0.5:
            await self.clinic.tells(consent(random.choice(PARTNERS)), self.episode)
        facts = story(random)
        random.shuffle(facts)
        for place in range(AT_ONE_EPISODE):
            self.clinic.busy += 1
            self.scheduler.spawn(self.clinic.me, partial(self._tablet, facts[place::AT_ONE_EPISODE]))
        self.clinic.busy -= 1

    async def _tablet(self, facts: list[Dated]) -> None:
        """It sends what it can, one after the other, and between two of them sends again or amends."""
        random, waiting = self.scheduler.random, list(facts)
        while waiting:
            await pause(random.choice((0.0, 1.0, 20.0, 90.0)))
            dated = waiting.pop(0)
            if not self.lost.isdisjoint(dated.named):
                self.lost.add(dated)
            elif any(one not in self.answers for one in dated.named):
                waiting.append(dated)
            else:
                await self._tells(dated)
                await random.choice((self._repeats, self._doubles, self._amends, pause, pause))()
        await random.choice((self._wavers, pause))()
        self.clinic.busy -= 1

    async def _tells(self, dated: Dated) -> None:
        sent = await self._sends(dated)
        if sent.answer is None:
            self.lost.add(dated)
        else:
            self.answers[dated] = sent.answer.event

    async def _sends(self, dated: Dated, again_of: Sent | None = None) -> Sent:
        draft = dated.draft
        if dated.check is not None:
            draft = replace(draft, check_id=self.answers[dated.check])
        about = None if dated.about is None else self.answers[dated.about]
        return await self._calls(self.clinic.command(draft, self.episode, about, dated.beside), again_of)

    async def _calls(self, command: CommandRequest, again_of: Sent | None = None) -> Sent:
        sent = Sent(command, again_of)
        self.sent.append(sent)
        sent.answer = await self.clinic.calls(command)
        self.scheduler.note("a tablet sent", command.step.name, *self._outcome(sent))
        return sent

    def _outcome(self, sent: Sent) -> Sequence[object]:
        """What is to be read of it in the trace."""
        if sent.answer is None:
            return ("refused:", self.clinic.refused[sent.command.id])
        return [one["rule"] for one in json.loads(sent.answer.body)["warnings"]]

    async def _repeats(self) -> None:
        """The same under its own key, though other facts came meanwhile."""
        answered = [one for one in self.sent if one.answer is not None]
        before = self.scheduler.random.choice(answered)
        self.scheduler.note("a tablet sends again under its own key", before.command.step.name)
        await self.clinic.calls(before.command)

    async def _doubles(self) -> None:
        """The same content under another key, of a kind of which that is told."""
        doubled = [one for one in self.sent if one.answer is not None and _is_told_of(one.command)]
        if doubled:
            before = self.scheduler.random.choice(doubled)
            said = before.command
            self.scheduler.note("a tablet sends again under another key", said.step.name)
            again = self.clinic.command(said.draft, self.episode, said.about, said.circumstances)
            await self._calls(again, before)

    async def _wavers(self) -> None:
        """A flag of the first day is raised and retracted within seconds, twice and perhaps once more: so
        what is alerted of proves false and true again before everybody was told."""
        for _ in range(2):
            flag = await self._sends(Dated(care_facts.a_flag(), Circumstances(occurred_at=FIRST)))
            if flag.answer is not None:
                about = flag.answer.event
                await self._calls(self.clinic.command(care_facts.a_retraction, self.episode, about))
        if self.scheduler.random.random() < 0.5:
            await self._sends(Dated(care_facts.a_flag(), Circumstances(occurred_at=FIRST)))

    async def _amends(self) -> None:
        """An entry that came late is corrected or retracted."""
        random = self.scheduler.random
        entries = [one for one in self.sent if one.answer and isinstance(one.command.draft, _AMENDED)]
        if not entries:
            return
        entry = random.choice(entries)
        assert entry.answer is not None
        draft: Any = care_facts.a_retraction
        if random.random() < 0.6:
            checks = [self.answers[one] for one in self.answers if isinstance(one.draft, SessionChecked)]
            draft = correction(random, entry.command.draft, random.choice([None, *checks]))
        await self._calls(self.clinic.command(draft, self.episode, entry.answer.event))


def _is_told_of(command: CommandRequest) -> bool:
    """Whether a repetition is warned of: two times are one if both are known to the minute or second."""
    match command.draft:
        case SessionDelivered():
            return command.draft.start is not None
        case SessionChecked() | ResponseNoted():
            return command.circumstances.precision in _EXACT
        case _:
            return False
