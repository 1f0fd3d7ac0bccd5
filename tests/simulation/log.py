"""The store of the episodes service, with what PostgreSQL promises: all or nothing, once, in order.

A commit may go through while its reply is lost; a refused one burns a position.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from episodes.domain.care.sharing_consents import SharingConsented
from episodes.domain.event import RecordedEvent
from episodes.errors import Conflict, OutcomeUnknown, StoreUnavailable
from episodes.event_log.cache import Lookup
from episodes.event_log.client_keys import Scoped
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.folding import CachedEpisode, folded
from episodes.event_log.positions import Claim
from episodes.event_log.snapshots import sealed, started
from episodes.recording.commands import CommandRequest, references_of
from episodes.recording.store import ReadSet, StoredReceipt, WriteSet
from episodes.recording.whole_entries import take_whole_entries
from tests.simulation.scheduling import Process, Scheduler

CLINIC, THERAPIST, CLIENT, NETWORK = UUID(int=1), UUID(int=2), UUID(int=3), "demo"
PARTNERS = (UUID(int=11), UUID(int=12))
ZONE = "America/Los_Angeles"
SNAPSHOT_EVERY = 3
_ROWS: Mapping[tuple[str, str, UUID], Mapping[str, Any]] = {
    ("clinics", NETWORK, CLINIC): {"zone": ZONE},
    ("staff", NETWORK, THERAPIST): {"role": "therapist", "licensed": True},
    ("clients", NETWORK, CLIENT): {},
    **{("partners", NETWORK, partner): {} for partner in PARTNERS},
}


@dataclass(eq=False)
class Log:
    """What is committed. `committed_at` is the true time of each entry, which no clock of ours can know."""

    scheduler: Scheduler
    data_keys: Mapping[UUID, DataKey]
    notifications: list[Notification] = field(default_factory=list)
    entries: list[RecordedEvent[Any]] = field(default_factory=list)
    committed_at: list[float] = field(default_factory=list)
    events: dict[UUID, list[StoredEvent]] = field(default_factory=lambda: defaultdict(list))
    snapshots: dict[UUID, tuple[int, bytes]] = field(default_factory=dict)
    receipts: dict[Scoped, StoredReceipt] = field(default_factory=dict)
    keys: dict[Scoped, UUID] = field(default_factory=dict)
    position: int = 0
    followed: tuple[int, int] = (0, 0)
    moves: list[int] = field(default_factory=list)
    followers: list[Process] = field(default_factory=list)

    def read(self, commands: Sequence[CommandRequest], cached: Mapping[UUID, CachedEpisode]) -> ReadSet:
        """What the real one read finds."""
        self.scheduler.crash_maybe()
        if self.scheduler.fails():
            raise StoreUnavailable
        known = ReadSet(keys={place: self.data_keys[key] for place, key in self.keys.items()})
        for command in commands:
            if command.key in self.receipts:
                known.receipts[command.key] = self.receipts[command.key]
            for row in references_of(command):
                known.rows[row.table, NETWORK, row.id] = _ROWS[row.table, NETWORK, row.id]
            if isinstance(command.draft, SharingConsented):
                partner = command.draft.partner
                known.subjects[NETWORK, CLIENT, partner] = UUID(int=100 + partner.int)
            if command.episode is not None:
                state, lookup = self.read_on(command.episode, cached.get(command.episode))
                known.episodes[command.episode] = _known(state)
                known.lookups.append(lookup)
        known.rows["clinics", NETWORK, CLINIC] = _ROWS["clinics", NETWORK, CLINIC]
        take_whole_entries(known, commands, lambda places: (self.events[id][at - 1] for id, at in places))
        return known

    def read_on(self, episode: UUID, cached: CachedEpisode | None) -> tuple[CachedEpisode | None, Lookup]:
        """The episode as it is now, from what is cached; else from its snapshot, where it has one."""
        events = self.events[episode]
        if cached is not None or episode not in self.snapshots:
            newer = events[cached.episode.version if cached else 0 :]
            return folded(cached, newer, self.data_keys), Lookup(cached is not None, len(newer))
        version, snapshot = self.snapshots[episode]
        since = {episode: events[version - 1 :]}
        start = started({episode: snapshot}, since, self.data_keys, lambda _: {episode: events})
        later = start.events[episode]
        state = folded(start.states.get(episode), later, self.data_keys)
        return state, Lookup(False, len(later), start.used[episode])

    def write(self, writing: WriteSet) -> None:
        """One transaction, while others have theirs."""
        self.scheduler.meanwhile()
        self.scheduler.crash_maybe()
        if self.scheduler.fails():
            raise OutcomeUnknown  # nothing was stored
        self.position += 1
        if self.refuses(writing):
            self.scheduler.note("store refuses a batch")
            raise Conflict
        self._commit(writing)
        self.scheduler.meanwhile()
        self.scheduler.crash_maybe()
        if self.scheduler.fails():
            self.scheduler.note("the reply to a commit is lost")
            raise OutcomeUnknown

    def refuses(self, writing: WriteSet) -> bool:
        versions = {str(id): len(events) for id, events in self.events.items()}
        for event in writing.events:
            episode = str(event.originator_id)
            if event.originator_version != versions.get(episode, 0) + 1:
                return True
            versions[episode] = event.originator_version
        return not self.receipts.keys().isdisjoint(writing.receipts) or not self.keys.keys().isdisjoint(
            writing.keys
        )

    def _commit(self, writing: WriteSet) -> None:
        self.receipts.update(writing.receipts)
        self.keys.update({place: key for place, (key, _) in writing.keys.items()})
        for event in writing.events:
            entry = decode(event, self.data_keys)
            header = entry.metadata
            self.scheduler.note("stored", self.position, header.type, header.version, header.event_id.hex[:8])
            self.events[header.episode_id].append(event)
            self.entries.append(entry)
            self.committed_at.append(self.scheduler.now)
            self.notifications.append(
                Notification(
                    originator_id=event.originator_id,
                    originator_version=event.originator_version,
                    topic=event.topic,
                    state=event.state,
                    id=self.position,
                )
            )
            self.position += 1
        for episode in {event.originator_id for event in writing.events}:
            self._keep_snapshot(UUID(str(episode)))
        for follower in self.followers:
            self.scheduler.wake(follower)

    def _keep_snapshot(self, episode: UUID) -> None:
        """As `project` does, only sooner and oftener: the simulated episodes are short."""
        events = self.events[episode]
        version, _ = self.snapshots.get(episode, (0, b""))
        if len(events) >= version + SNAPSHOT_EVERY:
            state = _known(folded(None, events, self.data_keys))
            key = state.episode.entries[0].metadata.key_id
            self.snapshots[episode] = len(events), sealed(state, self.data_keys[key])

    def claim(self) -> Claim:
        """As `positions.claim`: the epoch is raised."""
        epoch, position = self.followed
        self.followed = (epoch + 1, position)
        return Claim("kafka", epoch + 1, position)

    def move(self, position: int, epoch: int) -> bool:
        """As `UPDATE positions ... WHERE epoch = mine`."""
        if epoch != self.followed[0]:
            return False
        self.followed = (epoch, position)
        self.moves.append(position)
        return True


def _known(cached: CachedEpisode | None) -> CachedEpisode:
    assert cached is not None, "callers name episodes they were told of"
    return cached


class _Result(NamedTuple):
    rowcount: int


@dataclass(frozen=True)
class Tail:
    """The log as the relay reads it, and the connection on which it moves its position."""

    log: Log

    @property
    def connection(self) -> "Tail":
        return self

    def execute(self, _: str, parameters: tuple[int, str, int], prepare: bool = False) -> _Result:
        position, _follower, epoch = parameters
        self.log.scheduler.meanwhile()
        self.log.scheduler.crash_maybe()
        moved = self.log.move(position, epoch)
        self.log.scheduler.note("position", position, "of epoch", epoch, "moved" if moved else "not moved")
        self.log.scheduler.crash_maybe()
        return _Result(int(moved))

    def page(self, after: int, most: int) -> Sequence[Notification]:
        found = [event for event in self.log.notifications if event.id > after]
        return found[:most]

    def keys(self, clients: Collection[Scoped]) -> Mapping[UUID, DataKey]:
        return self.log.data_keys
