"""Those who record, and the processes that answer them: the real writer, without its thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from episodes.access import Caller
from episodes.domain.care.openings import Complaint, EpisodeOpened, InboundReferral
from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.sharing_consents import SharingConsented, SharingWithdrawn
from episodes.domain.event import Actor
from episodes.domain.values import Coded, Given
from episodes.domain.vocabulary import BY_FACT
from episodes.errors import InConflict, StoreUnavailable
from episodes.event_log.cache import Cache
from episodes.recording.batch import Randomness
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from episodes.recording.writer import Waiting, Writer
from tests.simulation.log import CLIENT, CLINIC, NETWORK, PARTNERS, THERAPIST, Log
from tests.simulation.scheduling import IDLE, Process, Scheduler, pause
from tests.support.episodes.care_facts import SWEDISH

BEGAN = datetime(2026, 3, 2, 17, tzinfo=UTC)
PATIENCE = 5.0
"""Seconds until a caller who got no answer sends the same again."""

_CALLER = Caller(actor=Actor(id=THERAPIST, role="service"), network=NETWORK, clinics=None)
_SESSION = BEGAN - timedelta(hours=3)
_KINDS = ("opening", "sessions", "flags")
_NOTHING = Circumstances()


@dataclass(eq=False, slots=True)
class Call:
    """One request on its way; `told` once the answer has arrived."""

    command: CommandRequest
    told: Answer | Exception | None = None


@dataclass(eq=False)
class Api:
    """One process of the API. Its wall clock is `ahead` of the true time, and jumps."""

    scheduler: Scheduler
    log: Log
    draws: Randomness
    writer: Callable[..., Writer] = Writer
    cache_bytes: int = 1_000_000
    ahead: float = 0.0
    waiting: list[Call] = field(default_factory=list)
    me: Process | None = None
    cache: Cache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = Cache(self.cache_bytes)

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.scheduler.now + self.ahead)

    def process(self, name: str) -> Process:
        self.me = Process(name, self.main, (), self.waiting.clear)
        return self.me

    def take(self, call: Call) -> None:
        assert self.me is not None
        self.waiting.append(call)
        self.scheduler.wake(self.me)

    async def main(self, process: Process) -> None:
        self.cache = Cache(self.cache_bytes)
        writer = self.writer(self.log, self.draws, self.now, self.cache)
        while True:
            calls, self.waiting[:] = list(self.waiting), []
            if calls:
                self.scheduler.note(process.name, "decides", len(calls))
                settled = writer._settle([Waiting(call.command, call) for call in calls])  # type: ignore[arg-type]
                await pause()
                for call, (_, outcome) in zip(calls, settled, strict=True):
                    if not self.scheduler.fails(3):
                        call.told = outcome
            await pause(0.0 if self.waiting else IDLE)


@dataclass(eq=False)
class Clinic:
    """Calls again with the same key until it has an answer. `answered` is all it was told, by command.

    A command is `in_doubt` if it was refused while an earlier call of it had no answer: that one may still be
    under way, and be accepted once the facts are there for want of which it was refused.
    """

    scheduler: Scheduler
    apis: Sequence[Api]
    new_id: Callable[[], UUID]
    answered: dict[UUID, list[bytes]] = field(default_factory=dict)
    refused: dict[UUID, Exception] = field(default_factory=dict)
    in_doubt: set[UUID] = field(default_factory=set)
    me: Process = field(default_factory=lambda: Process("clinic", _never, mortal=False))
    busy: int = 0

    def begin(self) -> None:
        """One more episode. Whoever calls does not fail in this world: it is they who must not be failed."""
        self.busy += 1
        self.scheduler.spawn(self.me, self._episode)

    async def _episode(self) -> None:
        """Opened, shared, then whatever comes, by two people at once."""
        random = self.scheduler.random
        partner = random.choice(PARTNERS)
        referral = InboundReferral(source="partner", partner=partner) if random.random() < 0.5 else None
        opening = EpisodeOpened(
            client=CLIENT,
            therapist=THERAPIST,
            complaint=Complaint(category="chronic_pain"),
            referral=referral,
        )
        opened = await self.tells(opening)
        assert opened is not None, "an opening is not refused"
        given = await self.tells(consent(partner), opened.episode)
        consents = [given.event] if given is not None else []
        self.busy += 1
        self.scheduler.spawn(self.me, partial(self._visits, opened.episode, consents))
        await self._visits(opened.episode, consents)

    async def _visits(self, episode: UUID, consents: list[UUID]) -> None:
        for _ in range(self.scheduler.random.randint(1, 3)):
            await pause(self.scheduler.random.choice((0.0, 1.0, 20.0, 90.0)))
            await self._happens(episode, consents)
        self.busy -= 1

    async def _happens(self, episode: UUID, consents: list[UUID]) -> None:
        random = self.scheduler.random
        match random.choice(("session", "session", "flag", "consent", "withdrawal", "withdrawal")):
            case "session":
                await self.tells(_session(), episode)
            case "flag":
                await self.tells(_flag(), episode)
            case "withdrawal" if consents:
                await self.tells(SharingWithdrawn(by="client"), episode, about=random.choice(consents))
            case _:
                given = await self.tells(consent(random.choice(PARTNERS)), episode)
                if given is not None:
                    consents.append(given.event)

    async def tells(
        self, draft: Any, episode: UUID | None = None, about: UUID | None = None
    ) -> Answer | None:
        """The answer, or none if it was refused. Now and then it calls once more than it must."""
        command = self.command(draft, episode, about)
        answer: Answer | None = None
        for _ in range(2 if self.scheduler.random.random() < 0.3 else 1):
            answer = await self.calls(command)
            if answer is None:
                break  # what was refused may be accepted later: a refusal is no answer that is kept
        return answer

    async def calls(self, command: CommandRequest) -> Answer | None:
        """The answer, or none if it was refused; called until there is one."""
        gave_up = False
        while True:
            call = Call(command)
            await pause()
            self.scheduler.random.choice(self.apis).take(call)
            until = self.scheduler.now + PATIENCE
            while call.told is None and self.scheduler.now < until:
                await pause(0.3)
            if isinstance(call.told, Answer):
                self.answered.setdefault(command.id, []).append(call.told.body)
                return call.told
            if call.told is not None and not isinstance(call.told, InConflict | StoreUnavailable):
                self.refused[command.id] = call.told
                if gave_up:
                    self.in_doubt.add(command.id)
                return None
            gave_up = gave_up or call.told is None

    def command(
        self, draft: Any, episode: UUID | None, about: UUID | None, beside: Circumstances = _NOTHING
    ) -> CommandRequest:
        """The request under a key of its own."""
        digest = sha256(repr(draft).encode()).digest()
        return CommandRequest(
            id=self.new_id(),
            caller=_CALLER,
            step=BY_FACT[type(draft)],
            draft=draft,
            circumstances=beside,
            mac=lambda _: digest,
            correlation=self.new_id(),
            episode=episode,
            clinic=CLINIC if episode is None else None,
            about=about,
        )


def consent(partner: UUID) -> SharingConsented:
    """The client's consent to share with the partner, at once."""
    return SharingConsented(partner=partner, kinds=_KINDS, given=Given(by="client"))


def _session() -> SessionDelivered:
    return SessionDelivered(
        date_of_service=_SESSION.date(),
        start=_SESSION,
        end=_SESSION + timedelta(hours=1),
        duration=60,
        techniques=(SWEDISH,),
    )


def _flag() -> RedFlagRaised:
    return RedFlagRaised(code=Coded(code="night_pain", list="red-flags/1"), source="client")


async def _never(_: Process) -> None:
    raise AssertionError("whoever calls does not begin again")
