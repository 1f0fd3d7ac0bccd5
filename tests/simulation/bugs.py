"""Mistakes somebody could make, each in one part of the world. Who misses them shows nothing."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from contracts.disclosure import Decision, Question
from contracts.envelope import PublishedEvent
from episodes.domain.episode import Episode
from episodes.errors import OutcomeUnknown
from episodes.event_log.cache import Cache
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.positions import move
from episodes.publishing.in_flight import InFlight, NotSent
from episodes.publishing.relay import Relay
from episodes.recording.commands import CommandRequest
from episodes.recording.store import ReadSet, WriteSet
from episodes.recording.writer import Settled, Waiting, Writer
from notifications.answers import NoAnswer
from notifications.delivering.courier import Attempt, Claimed, Courier
from notifications.delivering.schedule import Next
from notifications.reacting.messages import Message
from notifications.reacting.react import take
from tests.simulation import bugs_of_late_facts
from tests.simulation.callers import Api
from tests.simulation.healing import Healing
from tests.simulation.log import Log
from tests.simulation.outbox import Outbox
from tests.simulation.partners import Disclosure
from tests.simulation.reactions import Delivery, Ledger
from tests.simulation.scheduling import IDLE, Process, pause
from tests.simulation.world import Parts


class _AnswersBeforeTheCommitIsKnown(Writer):
    def _attempt(self, waiting: Sequence[Waiting]) -> Settled:
        store = self._store
        self._store = _Hopeful(store)
        try:
            return super()._attempt(waiting)
        finally:
            self._store = store


class _KeepsBeforeTheCommit(Writer):
    """What was refused is then known to this process alone, and decided upon."""

    def _attempt(self, waiting: Sequence[Waiting]) -> Settled:
        store = self._store
        self._store = _Hasty(store, self._cache)
        try:
            return super()._attempt(waiting)
        finally:
            self._store = store


@dataclass
class _Hasty:
    """Keeps the episodes as the batch makes them."""

    store: Any
    cache: Cache
    known: ReadSet = field(default_factory=ReadSet)

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        self.known = self.store.read(commands, cached)
        return self.known

    def write(self, writing: WriteSet) -> None:
        self.cache.keep(self.known.episodes)
        self.store.write(writing)


@dataclass
class _Hopeful:
    """Takes a lost reply for a success."""

    store: Any

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        known: ReadSet = self.store.read(commands, cached)
        return known

    def write(self, writing: WriteSet) -> None:
        try:
            self.store.write(writing)
        except OutcomeUnknown:
            return


class _ForgetsReceipts(Log):
    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        self.receipts.clear()
        return super().read(commands, cached)


class _AnswersRepeatsAnew(Log):
    """As if the answer were made again from the state of now, and not kept as bytes."""

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        known = super().read(commands, cached)
        for key, receipt in known.receipts.items():
            known.receipts[key] = replace(
                receipt, body=receipt.body.replace(b'"warnings":[]', b'"warnings": []')
            )
        return known


class _LetsTwoHaveOneVersion(Log):
    def refuses(self, writing: WriteSet) -> bool:
        return False


class _MovesBeforeTheAcknowledgement(Relay):
    def _send_page(self) -> bool:
        sent = super()._send_page()
        move(self._tail.connection, self._claim, self._read)
        return sent


class _PassesOverFailedSends(Relay):
    def _advance(self, wait: float) -> None:
        try:
            super()._advance(wait)
        except NotSent:
            self._in_flight = InFlight(self._in_flight._clock)
            move(self._tail.connection, self._claim, self._read)


class _IgnoresTheEpoch(Log):
    def move(self, position: int, epoch: int) -> bool:
        return super().move(position, self.followed[0])


class _TakesTwice(Ledger):
    async def first_sight(self, event: PublishedEvent) -> bool:
        return True


class _GoesPastAGap(Ledger):
    async def hold(self, message: Message, event: PublishedEvent) -> None:
        await take(self, event)


class _HealsNothing(Healing):
    async def main(self, process: Process) -> None:
        await pause(IDLE)


class _CountsOutsideTheTransaction(Ledger):
    def counted(self, subscription: UUID) -> int:
        number = super().counted(subscription)
        everybody = self._database.tables.subscriptions
        everybody[subscription] = replace(everybody[subscription], last_number=number)
        return number


class _AsksForConsentOnce(Disclosure):
    """One answer serves every later attempt."""

    def _decisions(self, api: Any, questions: Sequence[Question]) -> Sequence[Decision]:
        known: dict[Any, Decision] = self.__dict__.setdefault("known", {})
        for question, decided in zip(questions, super()._decisions(api, questions), strict=True):
            known.setdefault((question.event_id, question.subscription_id), decided)
        return [known[question.event_id, question.subscription_id] for question in questions]


class _TakesSilenceForYes(Disclosure):
    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        try:
            return await super().ask(network, questions)
        except NoAnswer:
            yes = {"allowed": True, "reason": "consented", "subject": UUID(int=9)}
            return [Decision.model_validate({"decision_id": self.new_id(), **yes}) for _ in questions]


class _BelievesAClockThatWentBack(Disclosure):
    """Here by ten seconds, always: it lets a consent hold again that was withdrawn meanwhile."""

    def _decisions(self, api: Api, questions: Sequence[Question]) -> Sequence[Decision]:
        behind = copy(api)
        behind.ahead -= 10.0
        return super()._decisions(behind, questions)

    def _episode_of(self, event: UUID, api: Api) -> Episode | None:
        episode = super()._episode_of(event, api)
        return episode and replace(episode, recorded_at=None)


class _TrustsOldDecisions(Courier):
    async def attempt(self, claimed: Claimed, decision: Decision, decided_at: float) -> None:
        await super().attempt(claimed, decision, self.clock.monotonic())


class _IgnoresTheLease(Outbox):
    """Who comes late writes over what another did meanwhile."""

    def _mine(self, claimed: Claimed) -> Delivery | None:
        return self.database.tables.deliveries[claimed.due.subscription_id, claimed.due.number]


@dataclass(eq=False)
class _LeasesForEver(Outbox):
    lease: float = field(default=float("inf"))


class _RecordsNoAttempt(Outbox):
    async def record(self, claimed: Claimed, attempt: Attempt, following: Next) -> None:
        await self.release([claimed], timedelta(minutes=5))


BUGS: Mapping[str, tuple[str, Parts]] = {
    "answers before the commit is known": (
        "every_acknowledged_command_is_recorded_once",
        Parts(writer=_AnswersBeforeTheCommitIsKnown),
    ),
    "keeps before the commit": ("what_is_cached_is_what_is_recorded", Parts(writer=_KeepsBeforeTheCommit)),
    "forgets receipts": ("every_acknowledged_command_is_recorded_once", Parts(log=_ForgetsReceipts)),
    "answers repeats anew": ("the_same_key_has_the_same_answer", Parts(log=_AnswersRepeatsAnew)),
    "lets two have one version": ("check_history", Parts(log=_LetsTwoHaveOneVersion)),
    "moves before the acknowledgement": (
        "every_published_event_reaches_the_topic_in_order",
        Parts(relay=_MovesBeforeTheAcknowledgement),
    ),
    "passes over failed sends": (
        "every_published_event_reaches_the_topic_in_order",
        Parts(relay=_PassesOverFailedSends),
    ),
    "ignores the epoch": ("the_position_never_goes_back", Parts(log=_IgnoresTheEpoch)),
    "takes twice": ("effects_are_exactly_once", Parts(ledger=_TakesTwice)),
    "goes past a gap": ("effects_are_exactly_once", Parts(ledger=_GoesPastAGap)),
    "heals nothing": ("run", Parts(healing=_HealsNothing)),
    "counts outside the transaction": ("numbers_have_no_gap", Parts(ledger=_CountsOutsideTheTransaction)),
    "asks for consent once": ("no_attempt_begins_without_consent", Parts(disclosure=_AsksForConsentOnce)),
    "takes silence for yes": ("no_attempt_begins_without_consent", Parts(disclosure=_TakesSilenceForYes)),
    "believes a clock that went back": (
        "no_attempt_begins_without_consent",
        Parts(disclosure=_BelievesAClockThatWentBack),
    ),
    "trusts old decisions": ("no_attempt_begins_on_an_old_decision", Parts(courier=_TrustsOldDecisions)),
    "ignores the lease": ("retries_follow_the_schedule", Parts(outbox=_IgnoresTheLease)),
    "tries again at once": (
        "retries_follow_the_schedule",
        Parts(said={"delays": (timedelta(0),) * 10}),
    ),
    "leases for ever": ("run", Parts(outbox=_LeasesForEver)),
    "records no attempt": ("run", Parts(outbox=_RecordsNoAttempt)),
    **bugs_of_late_facts.BUGS,
}
"""By name: the invariant that finds it, and the world with it; `run`: that nothing waits for ever."""
