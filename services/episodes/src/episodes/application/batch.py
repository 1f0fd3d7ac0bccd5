"""Deciding many commands over what one read told, into one write. Pure but for the ids and keys it draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from episodes.application.admitting import admit, episode_of, refuse_to_repeat_elsewhere, time_of
from episodes.application.answers import answer, repeated
from episodes.application.commands import Answer, Command
from episodes.application.errors import KeyReused, Moved, NotThere, ReferenceKnown, TooLarge
from episodes.application.known import Cached, Known, Receipt, Writing
from episodes.application.publishing import is_published
from episodes.application.recording import Beside, DataKey, stored
from episodes.domain.deciding import Asked, Decided
from episodes.domain.envelope import Header, Recorded
from episodes.domain.episode import Episode
from episodes.domain.refusals import Refused, RuleBroken
from episodes.domain.sharing import SharingConsented
from episodes.domain.steps import BY_FACT, decide, evolve
from episodes.domain.time import LATE_AFTER

MOST_COMMANDS = 200
MOST_BYTES = 192 * 1024
"""Of event state in one transaction: the library's pipelined insert hangs from about 440 KB."""
MOST_BYTES_OF_EVENT = 160 * 1024

Outcome = Answer | Exception


@dataclass(frozen=True, slots=True)
class Draws:
    """The randomness of recording: time-ordered event ids, episode ids, nonces, a client's first data key."""

    event_id: Callable[[], UUID]
    episode_id: Callable[[], UUID]
    nonce: Callable[[], bytes]
    data_key: Callable[[str, UUID], tuple[DataKey, bytes]]


@dataclass(slots=True)
class Recording:
    """The events of one command in the making."""

    episode: Episode
    events: list[StoredEvent] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    size: int = 0

    def take(self, event: StoredEvent, entry: Recorded[Any]) -> None:
        self.events.append(event)
        self.headers.append(entry.header)
        self.size += len(event.state)
        self.episode = evolve(self.episode, entry)


@dataclass(slots=True)
class Batch:
    """One transaction in the making: outcomes by command, episodes as they will be, and what to write."""

    known: Known
    now: datetime
    draws: Draws
    writing: Writing = field(default_factory=Writing)
    outcomes: list[tuple[Command, Outcome]] = field(default_factory=list)
    size: int = 0

    def add(self, command: Command) -> bool:
        """Decide one command. False when it does not fit this transaction; nothing is changed then."""
        try:
            outcome = self._decide(command)
        except (Refused, KeyReused, Moved, NotThere, ReferenceKnown, TooLarge) as refusal:
            self.outcomes.append((command, refusal))
            return True
        if outcome is None:
            return False
        self.outcomes.append((command, outcome))
        return True

    def _decide(self, command: Command) -> Answer | None:
        receipt = self.known.receipts.get(command.key)
        if receipt is not None:
            return self._repeat(command, receipt)
        cached = episode_of(self.known, command, self.draws.episode_id)
        admit(self.known, command, cached.episode)
        key, wrapped = self._key(cached.episode)
        asked = self._asked(command, cached.episode)
        recorded = self._recorded(command, cached.episode, asked, key)
        return self._keep(command, cached, recorded, asked, (key, wrapped))

    def _repeat(self, command: Command, receipt: Receipt) -> Answer:
        if command.mac(receipt.mac) != receipt.mac:
            raise KeyReused
        refuse_to_repeat_elsewhere(self.known, command)
        return repeated(receipt.body)

    def _key(self, episode: Episode) -> tuple[DataKey, bytes | None]:
        """The client's data key; with its wrapped form if it is new, to be written with the first event."""
        place = (episode.network, episode.client)
        key = self.known.keys.get(place)
        if key is None and episode.version == 0:
            return self.draws.data_key(*place)
        if key is None or key.cipher is None:
            raise RuleBroken("client-erased")
        return key, None

    def _asked(self, command: Command, episode: Episode) -> Asked[Any]:
        subject = None
        if isinstance(command.draft, SharingConsented):
            subject = self.known.subjects.get((episode.network, episode.client, command.draft.partner))
        return Asked(
            draft=command.draft,
            when=time_of(self.known, command, episode, self.now),
            now=self.now,
            event_ids=[self.draws.event_id() for _ in range(command.step.most_events)],
            subject=subject,
            about=command.about,
        )

    def _recorded(self, command: Command, episode: Episode, asked: Asked[Any], key: DataKey) -> Recording:
        """The decided facts, sealed, and the episode after them."""
        recording = Recording(episode)
        for place, item in enumerate(decide(episode, asked)):
            header = self._header(command, recording.episode, item, asked.event_ids[place], key)
            said = command.circumstances
            beside = Beside(labels=said.labels, source_ref=said.source_ref if place == 0 else None)
            event = stored(header, item.fact, beside, key, self.draws.nonce())
            if len(event.state) > MOST_BYTES_OF_EVENT:
                raise TooLarge
            recording.take(event, Recorded(header, item.fact, said.labels))
        return recording

    def _keep(
        self,
        command: Command,
        cached: Cached,
        recording: Recording,
        asked: Asked[Any],
        key: tuple[DataKey, bytes | None],
    ) -> Answer | None:
        """Into the transaction, unless it is full. What it will write is known to the commands after it."""
        if self.writing.events and self.size + recording.size > MOST_BYTES:
            return None
        self.size += recording.size
        self.writing.events += recording.events
        episode, headers = recording.episode, recording.headers
        self.known.episodes[episode.id] = Cached(episode, cached.weight + recording.size)
        if key[1] is not None:
            self.known.keys[episode.network, episode.client] = key[0]
            self.writing.keys[episode.network, episode.client] = (key[0].id, key[1])
        if command.reference is not None:
            place = (episode.network, command.reference)
            self.known.references[place] = self.writing.references[place] = (episode.id, headers[0].event_id)
        answered = answer(headers, episode, asked)
        receipt = Receipt(command.mac(None), answered.body)
        self.known.receipts[command.key] = self.writing.receipts[command.key] = receipt
        return answered

    def _header(
        self, command: Command, episode: Episode, item: Decided, event_id: UUID, key: DataKey
    ) -> Header:
        recorded_at = max(self.now, episode.recorded_at or self.now)
        late = recorded_at - item.when.end > LATE_AFTER
        return Header(
            event_id=event_id,
            type=BY_FACT[type(item.fact)].name,
            episode_id=episode.id,
            version=episode.version + 1,
            network=episode.network,
            clinic=episode.clinic,
            occurred_at=item.when.at,
            precision=item.when.precision,
            zone=item.when.zone,
            recorded_at=recorded_at,
            origin="late" if late else "live",
            actor=command.caller.actor,
            client=episode.client,
            command_id=command.id,
            correlation_id=command.correlation,
            key_id=key.id,
            performer=command.circumstances.performer,
            on_behalf_of=command.circumstances.on_behalf_of,
            purpose=command.circumstances.purpose,
            sequence=episode.sequence + 1 if is_published(type(item.fact)) else None,
        )


def decided(batch: Batch, commands: Sequence[Command]) -> Sequence[Command]:
    """Decide as many as fit one transaction; what did not fit comes back."""
    for place, command in enumerate(commands[:MOST_COMMANDS]):
        if not batch.add(command):
            return commands[place:]
    return commands[MOST_COMMANDS:]
