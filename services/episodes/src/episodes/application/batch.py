"""Deciding many commands over what one read told, into one write. Pure but for the ids and keys it draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from episodes.application.admitting import (
    admit,
    episode_of,
    episodes_of_client,
    refuse_to_repeat_elsewhere,
    time_of,
)
from episodes.application.answers import answer, answer_of_several, repeated
from episodes.application.commands import Answer, Command
from episodes.application.errors import KeyReused, Moved, NotThere, ReferenceKnown, TooLarge
from episodes.application.known import Cached, Known, Receipt, Writing
from episodes.application.making import Recording
from episodes.application.recording import Damaged, DataKey
from episodes.domain.deciding import Asked
from episodes.domain.episode import Episode
from episodes.domain.referring import ReferralMade
from episodes.domain.refusals import Refused, RuleBroken
from episodes.domain.sharing import EverySharingWithdrawn, SharingConsented, to_withdraw

MOST_COMMANDS = 200
MOST_BYTES = 192 * 1024
"""Of event state in one transaction: the library's pipelined insert hangs from about 440 KB."""

IMPORTED = "imported"

Outcome = Answer | Exception


@dataclass(frozen=True, slots=True)
class Draws:
    """The randomness of recording: time-ordered event ids, episode ids, nonces, a client's first data key,
    and the id by which a partner will know a client.
    """

    event_id: Callable[[], UUID]
    episode_id: Callable[[], UUID]
    nonce: Callable[[], bytes]
    data_key: Callable[[str, UUID], tuple[DataKey, bytes]]
    subject: Callable[[], UUID] = uuid4


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
        except (Refused, KeyReused, Moved, NotThere, ReferenceKnown, TooLarge, Damaged) as refusal:
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
        if command.client is not None:
            return self._everywhere(command)
        cached = episode_of(self.known, command, self.now, self.draws.episode_id)
        admit(self.known, command, cached.episode)
        key, wrapped = self._key(cached.episode)
        asked = self._asked(command, cached.episode)
        recording = Recording(cached.episode, cached.weight)
        recording.record(command, asked, key, self.draws.nonce)
        if not self._fits([recording]):
            return None
        if wrapped is not None:
            self._keep_key(recording.episode, key, wrapped)
        if asked.subject is not None:
            self._keep_subject(recording.episode, command.draft.partner, asked.subject)
        return self._keep(command, [recording], answer(recording.headers, recording.episode, asked))

    def _everywhere(self, command: Command) -> Answer | None:
        """A client's withdrawal from one partner, in every episode that shares with it; all or nothing."""
        recordings = []
        for cached in episodes_of_client(self.known, command):
            admit(self.known, command, cached.episode)
            recording = self._withdrawn(command, cached)
            if recording.events:
                recordings.append(recording)
        if not recordings:
            raise RuleBroken("no-consent-to-withdraw", "/partner")
        if sum(recording.size for recording in recordings) > MOST_BYTES:
            raise TooLarge
        if not self._fits(recordings):
            return None
        headers = [header for recording in recordings for header in recording.headers]
        answered = answer_of_several(headers, [recording.episode for recording in recordings])
        return self._keep(command, recordings, answered)

    def _withdrawn(self, command: Command, cached: Cached) -> Recording:
        recording = Recording(cached.episode, cached.weight)
        draft: EverySharingWithdrawn = command.draft
        effective = max(draft.effective_from or self.now, self.now)
        key, _ = self._key(cached.episode)
        for consent in to_withdraw(cached.episode, draft.partner, effective):
            asked = self._asked(command, recording.episode)
            asked = replace(asked, draft=draft.of_each(), about=consent)
            recording.record(command, asked, key, self.draws.nonce)
        return recording

    def _repeat(self, command: Command, receipt: Receipt) -> Answer:
        if command.mac(receipt.mac) != receipt.mac:
            raise KeyReused
        refuse_to_repeat_elsewhere(self.known, command)
        return repeated(receipt.body)

    def _key(self, episode: Episode) -> tuple[DataKey, bytes | None]:
        """The client's data key; with its wrapped form if it is new, to be written with the first event.

        Raises `Damaged` if the client has events and no key: only a key destroyed is an erasure.
        """
        place = (episode.network, episode.client)
        key = self.known.keys.get(place)
        if key is None:
            if episode.version == 0:
                return self.draws.data_key(*place)
            raise Damaged(f"the key of client {episode.client} is not found")
        if key.cipher is None:
            raise RuleBroken("client-erased")
        return key, None

    def _asked(self, command: Command, episode: Episode) -> Asked[Any]:
        subject = None
        if isinstance(command.draft, SharingConsented | ReferralMade):
            place = (episode.network, episode.client, command.draft.partner)
            subject = self.known.subjects.get(place) or self.draws.subject()
        return Asked(
            draft=command.draft,
            when=time_of(self.known, command, episode, self.now),
            now=self.now,
            event_ids=[self.draws.event_id() for _ in range(command.step.most_events)],
            subject=subject,
            about=command.about,
            imported=command.circumstances.origin == IMPORTED,
            partner=command.caller.partner,
        )

    def _fits(self, recordings: Sequence[Recording]) -> bool:
        """Whether this transaction has room; the first command always does."""
        size = sum(recording.size for recording in recordings)
        return not self.writing.events or self.size + size <= MOST_BYTES

    def _keep_key(self, episode: Episode, key: DataKey, wrapped: bytes) -> None:
        place = (episode.network, episode.client)
        self.known.keys[place] = key
        self.writing.keys[place] = (key.id, wrapped)

    def _keep_subject(self, episode: Episode, partner: UUID, subject: UUID) -> None:
        """Made with the first event that needs it: a refused one leaves nothing behind."""
        place = (episode.network, episode.client, partner)
        if place not in self.known.subjects:
            self.known.subjects[place] = self.writing.subjects[place] = subject

    def _keep(self, command: Command, recordings: Sequence[Recording], answered: Answer) -> Answer:
        """Into the transaction. What it will write is known to the commands after it."""
        for recording in recordings:
            episode = recording.episode
            self.size += recording.size
            self.writing.events += recording.events
            before = self.known.episodes.get(episode.id)
            whole = before is None or before.whole
            self.known.episodes[episode.id] = Cached(episode, recording.weight + recording.size, whole)
        if command.clinic is not None:
            self._keep_opening(recordings[0].episode)
        if command.reference is not None:
            first = recordings[0].headers[0]
            place = (first.network, command.reference)
            self.known.references[place] = self.writing.references[place] = (first.episode_id, first.event_id)
        receipt = Receipt(command.mac(None), answered.body)
        self.known.receipts[command.key] = self.writing.receipts[command.key] = receipt
        return answered

    def _keep_opening(self, episode: Episode) -> None:
        """A new episode is one of its client's, also to the commands after it."""
        self.writing.openings.append((episode.network, episode.client, episode.id))
        self.known.of_clients.setdefault((episode.network, episode.client), []).append(episode.id)


def decided(batch: Batch, commands: Sequence[Command]) -> Sequence[Command]:
    """Decide as many as fit one transaction; what did not fit comes back."""
    for place, command in enumerate(commands[:MOST_COMMANDS]):
        if not batch.add(command):
            return commands[place:]
    return commands[MOST_COMMANDS:]
