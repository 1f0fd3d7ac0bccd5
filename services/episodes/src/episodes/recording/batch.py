"""Decides many commands from one read of the store, into one write. Pure except for the values it draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from care_platform.key_files import KeyUnavailable
from care_platform.numbered_keys import KeyInUse
from episodes.domain.care.sharing_consents import EverySharingWithdrawn, to_withdraw
from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import EventMetadata
from episodes.domain.refusals import Refused, RuleBroken
from episodes.errors import EarlierReleasesRun, KeyReused, Moved, NotThere, ReferenceKnown, TooLarge
from episodes.event_log.codec import DataKey
from episodes.event_log.folding import CachedEpisode
from episodes.event_log.stored_form import Damaged, Unreadable, new_salt
from episodes.recording.answers import answer, answer_of_several, repeated
from episodes.recording.commands import Answer, CommandRequest
from episodes.recording.known import known_of
from episodes.recording.new_events import Drawn, NewEvents, known_less_exactly
from episodes.recording.preconditions import (
    check_preconditions,
    episode_of,
    episodes_of_client,
    refuse_to_repeat_elsewhere,
    refuse_unknown_episodes,
    time_of,
)
from episodes.recording.store import KnownReference, ReadSet, StoredReceipt, WriteSet
from episodes.recording.whole_entries import with_whole_entry

MAX_COMMANDS = 200
MAX_BYTES = 192 * 1024
"""The limit, in bytes of event state, of a transaction: the library's insert hangs from about 440 KB."""

IMPORTED = "imported"

Outcome = Answer | Exception


@dataclass(frozen=True, slots=True)
class Randomness:
    """Random values: time-ordered event ids, episode ids, nonces, a client's first data key, the id by which
    a partner will know a client, and salts.
    """

    event_id: Callable[[], UUID]
    episode_id: Callable[[], UUID]
    nonce: Callable[[], bytes]
    data_key: Callable[[str, UUID, KeyInUse], tuple[DataKey, bytes]]
    subject: Callable[[], UUID] = uuid4
    salt: Callable[[], bytes] = new_salt


@dataclass(slots=True)
class Batch:
    """A transaction being prepared: outcomes by request, the episodes as they will be, and what to write."""

    read_set: ReadSet
    now: datetime
    draws: Randomness
    write_set: WriteSet = field(default_factory=WriteSet)
    outcomes: list[tuple[CommandRequest, Outcome]] = field(default_factory=list)
    size: int = 0

    def add(self, request: CommandRequest) -> bool:
        """Decide one request. False, without a change, if it does not fit into this transaction."""
        try:
            outcome = self._decide(request)
        except (
            *(Refused, KeyReused, Moved, NotThere, ReferenceKnown),
            *(TooLarge, Unreadable, KeyUnavailable, EarlierReleasesRun),
        ) as refusal:
            self.outcomes.append((request, refusal))
            return True
        if outcome is None:
            return False
        self.outcomes.append((request, outcome))
        return True

    def _sealing(self) -> tuple[bytes, bytes | None]:
        return self.draws.nonce(), self.draws.salt() if self.read_set.understood.log_format == 2 else None

    def _decide(self, request: CommandRequest) -> Answer | None:
        receipt = self.read_set.receipts.get(request.key)
        if receipt is not None:
            return self._repeat(request, receipt)
        if request.client is not None:
            return self._everywhere(request)
        cached = episode_of(self.read_set, request, self.now, self.draws.episode_id)
        check_preconditions(self.read_set, request, cached.episode)
        key, wrapped = self._key(cached.episode)
        refuse_unknown_episodes(self.read_set, request, cached.episode)
        command = self._command(request, cached.episode)
        new_events = self._new_events(cached, with_whole_entry(self.read_set, request, cached.episode))
        new_events.record(request, command, key)
        if not self.read_set.understood.less_exactly and any(map(known_less_exactly, new_events.entries)):
            raise EarlierReleasesRun
        if not self._fits([new_events]):
            return None
        if wrapped is not None:
            self._keep_key(new_events.episode, key, wrapped)
        if command.subject is not None:
            self._keep_subject(new_events.episode, request.draft.partner, command.subject)
        weight = new_events.weight + new_events.size
        answered = answer(new_events.entries, new_events.episode, command, weight)
        return self._keep(request, [new_events], answered)

    def _everywhere(self, request: CommandRequest) -> Answer | None:
        """A client's withdrawal from one partner, in every episode that shares with it or in none."""
        recorded = []
        for cached in episodes_of_client(self.read_set, request):
            check_preconditions(self.read_set, request, cached.episode)
            one = self._withdrawn(request, cached)
            if one.events:
                recorded.append(one)
        if not recorded:
            raise RuleBroken("no-consent-to-withdraw", "/partner")
        if sum(one.size for one in recorded) > MAX_BYTES:
            raise TooLarge
        if not self._fits(recorded):
            return None
        metadata = [each for one in recorded for each in one.metadata]
        answered = answer_of_several(metadata, [one.episode for one in recorded])
        return self._keep(request, recorded, answered)

    def _withdrawn(self, request: CommandRequest, cached: CachedEpisode) -> NewEvents:
        new_events = self._new_events(cached, cached.episode)
        draft: EverySharingWithdrawn = request.draft
        effective = max(draft.effective_from or self.now, self.now)
        key, _ = self._key(cached.episode)
        for consent in to_withdraw(cached.episode, draft.partner, effective):
            command = self._command(request, new_events.episode)
            command = replace(command, draft=draft.of_each(), about=consent)
            new_events.record(request, command, key)
        return new_events

    def _new_events(self, cached: CachedEpisode, episode: Episode) -> NewEvents:
        drawn = Drawn(self._sealing, self.draws.event_id)
        rejudges = self.read_set.understood.rejudgements
        return NewEvents(episode, cached.episode, drawn, rejudges, cached.weight)

    def _repeat(self, request: CommandRequest, receipt: StoredReceipt) -> Answer:
        if request.mac(receipt.mac) != receipt.mac or receipt.asked_as not in ("", request.asked_as):
            raise KeyReused
        refuse_to_repeat_elsewhere(self.read_set, request)
        return repeated(receipt.body)

    def _key(self, episode: Episode) -> tuple[DataKey, bytes | None]:
        """The client's data key; if it is new, also its wrapped form, to be written with the first event.

        Raises `Damaged` if the client has events but no key: only a destroyed key is an erasure.
        """
        place = (episode.network, episode.client)
        key = self.read_set.keys.get(place)
        if key is None:
            if episode.version == 0:
                return self.draws.data_key(*place, self.read_set.master)
            raise Damaged(f"the key of client {episode.client} is not found")
        if key.cipher is None:
            raise RuleBroken("client-erased")
        return key, None

    def _command(self, request: CommandRequest, episode: Episode) -> Command[Any]:
        subject = None
        if request.step.needs_subject:
            place = (episode.network, episode.client, request.draft.partner)
            subject = self.read_set.subjects.get(place) or self.draws.subject()
        return Command(
            draft=request.draft,
            when=time_of(self.read_set, request, episode, self.now),
            now=self.now,
            event_ids=[self.draws.event_id() for _ in range(request.step.most_events)],
            subject=subject,
            about=request.about,
            imported=request.circumstances.origin == IMPORTED,
            partner=request.caller.partner,
            written=request.circumstances.occurred_at,
            known=known_of(self.read_set, request, episode, self.now),
        )

    def _fits(self, recorded: Sequence[NewEvents]) -> bool:
        """Whether this transaction has room. The first request always fits."""
        size = sum(one.size for one in recorded)
        return not self.write_set.events or self.size + size <= MAX_BYTES

    def _keep_key(self, episode: Episode, key: DataKey, wrapped: bytes) -> None:
        place = (episode.network, episode.client)
        self.read_set.keys[place] = key
        self.write_set.keys[place] = (key.id, wrapped)

    def _keep_subject(self, episode: Episode, partner: UUID, subject: UUID) -> None:
        """Written with the first event that needs it, so that a refused command leaves nothing behind."""
        place = (episode.network, episode.client, partner)
        if place not in self.read_set.subjects:
            self.read_set.subjects[place] = self.write_set.subjects[place] = subject
            row = self.read_set.rows["partners", episode.network, partner]
            self.write_set.partners[episode.network, partner] = row.get("version", 0)

    def _keep(self, request: CommandRequest, recorded: Sequence[NewEvents], answered: Answer) -> Answer:
        """Add the events and the receipt to the transaction, visible to the requests that follow."""
        for one in recorded:
            episode = one.episode
            self.size += one.size
            self.write_set.events += one.events
            before = self.read_set.episodes.get(episode.id)
            whole = before is None or before.whole
            if before is None or before.episode.clinic != episode.clinic:
                self._register(request, episode, "opened" if before is None else "transferred")
            self.read_set.episodes[episode.id] = CachedEpisode(one.kept, one.weight + one.size, whole)
        if request.step.opens:
            self._keep_opening(recorded[0].episode, recorded[0].metadata[0])
        if request.reference is not None:
            first = recorded[0].metadata[0]
            place = (first.network, request.reference)
            self.read_set.references[place] = KnownReference.of(first)
            self.write_set.references[place] = (first.episode_id, first.event_id)
        receipt = StoredReceipt(request.mac(None), answered.body, request.asked_as)
        self.read_set.receipts[request.key] = self.write_set.receipts[request.key] = receipt
        return answered

    def _register(self, request: CommandRequest, episode: Episode, why: str) -> None:
        """Where a client has an episode it is registered, visible to the requests that follow."""
        place = (episode.network, episode.client, episode.clinic)
        if place not in self.read_set.registered:
            self.read_set.registered.add(place)
            self.write_set.registrations[place] = (request.caller.actor, why)

    def _keep_opening(self, episode: Episode, opened: EventMetadata) -> None:
        """Record the new episode as one of its client's, visible to the requests that follow."""
        place, at = (episode.network, episode.client, opened.clinic), opened.occurred_at
        self.write_set.openings.append((episode.network, episode.client, episode.id, opened.clinic, at))
        self.read_set.openings.setdefault(place, []).append((episode.id, at))
        self.read_set.of_clients.setdefault((episode.network, episode.client), []).append(episode.id)


def decide_batch(batch: Batch, requests: Sequence[CommandRequest]) -> Sequence[CommandRequest]:
    """Decide as many requests as fit into one transaction. Returns the rest."""
    for place, request in enumerate(requests[:MAX_COMMANDS]):
        if not batch.add(request):
            return requests[place:]
    return requests[MAX_COMMANDS:]
