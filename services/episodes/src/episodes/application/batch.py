"""Deciding many commands over what one read told, into one write. Pure but for the ids and keys it draws."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from episodes.application.commands import Answer, Command, named
from episodes.application.errors import KeyReused, Moved, NotThere, ReferenceKnown, TooLarge
from episodes.application.known import Cached, Known, Receipt, Writing
from episodes.application.publishing import is_published
from episodes.application.recording import Beside, DataKey, stored
from episodes.domain.deciding import Asked, Decided
from episodes.domain.envelope import Header, Recorded
from episodes.domain.episode import Episode
from episodes.domain.refusals import Refused, RuleBroken, Unknown
from episodes.domain.sharing import SharingConsented
from episodes.domain.steps import BY_FACT, decide, evolve
from episodes.domain.time import LATE_AFTER, When, compare

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
        receipt = self.writing.receipts.get(command.key) or self.known.receipts.get(command.key)
        if receipt is not None:
            return self._replayed(command, receipt)
        cached = self._episode(command)
        episode = cached.episode
        if command.if_match is not None and command.if_match != episode.version:
            raise Moved(episode.version)
        self._refuse_known_reference(command)
        self._refuse_unknown_rows(command)
        key = self._key(episode)
        asked = self._asked(command, episode)
        return self._record(command, cached, asked, decide(episode, asked), *key)

    def _replayed(self, command: Command, receipt: Receipt) -> Answer:
        """The recorded answer, once the caller is seen to be allowed there still."""
        if command.mac(receipt.mac) != receipt.mac:
            raise KeyReused
        if command.episode is not None:
            self._episode(command)
        elif command.clinic is None or not command.caller.may_act_for(command.clinic):
            raise NotThere
        return _repeated(receipt.body)

    def _episode(self, command: Command) -> Cached:
        if command.episode is None:
            return self._new_episode(command)
        cached = self.known.episodes.get(command.episode)
        if cached is None or cached.episode.network != command.caller.network:
            raise NotThere
        if not command.caller.may_act_for(cached.episode.clinic):
            raise NotThere
        return cached

    def _new_episode(self, command: Command) -> Cached:
        clinic = command.clinic
        if clinic is None or not command.caller.may_act_for(clinic):
            raise Unknown("unknown-clinic", "/clinic")
        episode = Episode(
            id=self.draws.episode_id(),
            network=command.caller.network,
            clinic=clinic,
            client=command.draft.client,
        )
        return Cached(episode, 0)

    def _refuse_known_reference(self, command: Command) -> None:
        if command.reference is None:
            return
        place = (command.caller.network, command.reference)
        found = self.writing.references.get(place) or self.known.references.get(place)
        if found is not None:
            raise ReferenceKnown(*found)

    def _refuse_unknown_rows(self, command: Command) -> None:
        for row in named(command):
            if (row.table, command.caller.network, row.id) not in self.known.rows:
                raise Unknown(f"unknown-{row.table.removesuffix('s')}", row.pointer)

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
            subject = self.known.subjects.get((command.caller.network, episode.client, command.draft.partner))
        return Asked(
            draft=command.draft,
            when=self._when(command, episode),
            now=self.now,
            event_ids=(self.draws.event_id(), self.draws.event_id()),
            subject=subject,
            about=command.about,
        )

    def _when(self, command: Command, episode: Episode) -> When:
        """The fact's own time if it states one; a contradicting one beside it is refused."""
        zone = self.known.rows["clinics", episode.network, episode.clinic]["zone"]
        said = command.circumstances
        if said.occurred_at is None and said.precision is not None:
            raise RuleBroken("precision-without-a-time", "/precision")
        stated = None
        if said.occurred_at is not None:
            stated = When.of(said.occurred_at, said.precision or "second", zone)
        own_time = command.step.own_time
        if own_time is None:
            return stated or When(self.now, "second", zone)
        own = own_time(command.draft, zone)
        if stated is not None and compare(own, stated) != 0:
            raise RuleBroken("contradicting-times", "/occurred_at")
        return own

    def _record(
        self,
        command: Command,
        cached: Cached,
        asked: Asked[Any],
        decided: list[Decided],
        key: DataKey,
        wrapped: bytes | None,
    ) -> Answer | None:
        episode, size, events, entries = cached.episode, 0, [], []
        for place, item in enumerate(decided):
            header = self._header(command, episode, item, asked.event_ids[place], key)
            beside = Beside(
                labels=command.circumstances.labels,
                source_ref=command.circumstances.source_ref if place == 0 else None,
            )
            event = stored(header, item.fact, beside, key, self.draws.nonce())
            if len(event.state) > MOST_BYTES_OF_EVENT:
                raise TooLarge
            size += len(event.state)
            events.append(event)
            entries.append(header)
            episode = evolve(episode, Recorded(header, item.fact, command.circumstances.labels))
        if self.writing.events and self.size + size > MOST_BYTES:
            return None
        self.size += size
        self.writing.events += events
        self.known.episodes[episode.id] = Cached(episode, cached.weight + size)
        if wrapped is not None:
            self.known.keys[episode.network, episode.client] = key
            self.writing.keys[episode.network, episode.client] = (key.id, wrapped)
        if command.reference is not None:
            self.writing.references[command.caller.network, command.reference] = (
                episode.id,
                entries[0].event_id,
            )
        body = _body(entries, episode, _warnings(asked))
        self.writing.receipts[command.key] = Receipt(command.mac(None), body)
        return Answer(body, episode.id, episode.version, entries[0].event_id)

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


def _repeated(body: bytes) -> Answer:
    """A recorded answer, sent again."""
    document = json.loads(body)
    episode, event = document["episode"], document["events"][0]
    return Answer(body, UUID(episode["id"]), episode["version"], UUID(event["id"]), replayed=True)


def _warnings(asked: Asked[Any]) -> list[dict[str, str]]:
    ahead = asked.when.at > asked.now
    return [{"rule": "ahead-of-our-clock", "pointer": "/occurred_at"}] if ahead else []


def _body(headers: list[Header], episode: Episode, warnings: list[dict[str, str]]) -> bytes:
    return to_json(
        {
            "events": [
                {
                    "id": header.event_id,
                    "type": header.type,
                    "version": header.version,
                    "occurred_at": header.occurred_at,
                    "recorded_at": header.recorded_at,
                }
                for header in headers
            ],
            "episode": {"id": episode.id, "version": episode.version, "status": episode.status},
            "warnings": warnings,
        }
    )
