"""Whom deliveries meet: the episodes service, which is asked first, and the partners' endpoints."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from contracts.disclosure import Decision, Question
from episodes.disclosure.decision import consent_for, decision
from episodes.domain.episode import Episode
from notifications.answers import NoAnswer
from notifications.delivering.schedule import Answered, Outcome, Unanswered
from tests.simulation.callers import Api
from tests.simulation.log import Log
from tests.simulation.scheduling import Scheduler, pause

MAX_ANSWER = 5.0
"""Seconds a question may be under way (`question_seconds`)."""


@dataclass(eq=False)
class Disclosure:
    """Asks one of the API's processes, which answers by its own clock on what is recorded then."""

    scheduler: Scheduler
    log: Log
    apis: Sequence[Api]
    new_id: Callable[[], UUID]
    arrived: dict[tuple[UUID, UUID], list[float]] = field(default_factory=lambda: defaultdict(list))
    """When answers that allowed an event and a partner arrived."""

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        began = self.scheduler.now
        await pause(self.scheduler.random.random() * 0.2)
        if self.scheduler.fails(4):
            self.scheduler.note("no answer about consent")
            raise NoAnswer("it is away")
        decisions = self._decisions(self.scheduler.random.choice(self.apis), questions)
        await pause(self.scheduler.random.choice((0.0, 0.1, 1.0, 3.0)))
        if self.scheduler.fails() or self.scheduler.now - began > MAX_ANSWER:
            raise NoAnswer("too late")
        for question, decided in zip(questions, decisions, strict=True):
            if decided.allowed:
                self.arrived[question.event_id, question.partner].append(self.scheduler.now)
        return decisions

    def _decisions(self, api: Api, questions: Sequence[Question]) -> Sequence[Decision]:
        decided = []
        for question in questions:
            consent, reason = consent_for(question, self._episode_of(question.event_id, api), api.now())
            decided.append(decision(self.new_id(), consent, reason, None))
            self.scheduler.note("decided:", question.event_id.hex[:8], question.partner.int, reason)
        return decided

    def _episode_of(self, event: UUID, api: Api) -> Episode | None:
        """Read on from what the process has in its cache, and kept there."""
        episode = next(it.metadata.episode_id for it in self.log.entries if it.metadata.event_id == event)
        now, _ = self.log.read_on(episode, api.cache.get(episode))
        if now is None:
            return None
        api.cache.keep({episode: now})
        return now.episode


@dataclass(frozen=True, slots=True)
class Post:
    """One attempt as the partner saw it."""

    subscription: UUID
    number: int
    event: UUID
    partner: UUID
    message_id: str
    began: float


@dataclass(eq=False)
class Endpoints:
    """Answers as partners do: not at all, badly, or well; always well once it is quiet."""

    scheduler: Scheduler
    posts: list[Post] = field(default_factory=list)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        self.posts.append(self._seen(headers["webhook-id"], body))
        self.scheduler.note("post:", *self.posts[-1].subscription.bytes[-1:], self.posts[-1].number)
        random = self.scheduler.random
        if not self.scheduler.faults:
            return Answered(204)
        await pause(random.random())
        match random.choices(("well", "badly", "later", "gone", "hangs"), (10, 4, 1, 0.5, 1))[0]:
            case "well":
                return Answered(204)
            case "badly":
                return Answered(503)
            case "later":
                return Answered(429, timedelta(seconds=random.choice((60, 7200))))
            case "gone":
                return Answered(410)
            case _:
                await pause(15.0)
                return Unanswered("timeout")

    def _seen(self, message_id: str, body: bytes) -> Post:
        data = json.loads(body)["data"]
        return Post(
            subscription=UUID(data["subscription_id"]),
            number=data["number"],
            event=UUID(data["event_id"]),
            partner=UUID(data["partner"]),
            message_id=message_id,
            began=self.scheduler.now,
        )
