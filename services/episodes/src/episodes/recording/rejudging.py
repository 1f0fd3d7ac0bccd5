"""Judges all stored sessions anew, episode by episode: what an operator does once after an upgrade.

Sessions recorded by earlier releases are judged by what was known when they came. Those that are judged as
they would be now stay as they are, so it may be interrupted and run again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
from cryptography.exceptions import InvalidTag
from psycopg import Connection
from psycopg.rows import DictRow

from care_platform.postgres.row_security import SCOPE, scoped
from care_platform.process import EXIT_TRY_AGAIN
from episodes.access import Caller
from episodes.domain.care.rejudging import REJUDGING, SessionsRejudged, rejudge
from episodes.domain.decision import Command
from episodes.domain.event import Actor
from episodes.domain.roles import Role
from episodes.domain.time import When
from episodes.errors import Conflict, EarlierReleasesRun, InConflict, OutcomeUnknown, StoreUnavailable
from episodes.event_log.stored_form import Unreadable
from episodes.recording.batch import Batch, Randomness, decide_batch
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from episodes.recording.store import ReadSet, Store

OPERATOR = Actor(id=UUID("6f0c1f52-8f7e-4f0a-9a53-0b8f4b1c7d10"), role=Role.SERVICE)
"""Who is named in the events: no member of staff, and no service of a network."""
PAGE = 1_000
ATTEMPTS = 5
_EPISODES = """SELECT episode_id FROM client_episodes WHERE network_id = %s AND episode_id > %s
ORDER BY episode_id LIMIT %s"""

Place = tuple[str, UUID]
"""A network and one of its episodes."""


@dataclass(frozen=True, slots=True)
class Rejudging:
    """Judges anew with a store that nobody else uses."""

    store: Store
    draws: Randomness
    clock: Callable[[], datetime]
    say: Callable[[str], object]

    def run(self, episodes: Iterable[Place]) -> bool:
        """Judge all of them anew. Says how far it is, and which episodes it did not judge.

        Whether to run it again: somebody was recording in an episode all the while.
        """
        looked_at = changed = left = 0
        busy = False
        for place in episodes:
            try:
                changed += self.judge(*place)
            except (Unreadable, InConflict) as why:
                self.say(f"{place[1]}: not judged, {_why(why)}")
                left, busy = left + 1, busy or isinstance(why, InConflict)
            looked_at += 1
            if looked_at % PAGE == 0:
                self.say(f"{looked_at:,} episodes looked at, {changed:,} judged anew")
        self.say(f"{looked_at:,} episodes looked at, {changed:,} judged anew, {left:,} not judged")
        return busy

    def judge(self, network: str, episode: UUID) -> bool:
        """Judge one episode anew. Whether a judgement changed. Raises `Unreadable` and `InConflict`."""
        request = _request(network, episode)
        for _ in range(ATTEMPTS):
            read_set = self.store.read([request], {})
            if not read_set.understood.rejudgements:
                raise EarlierReleasesRun
            if not self._differs(read_set, episode):
                return False
            try:
                self._write(read_set, request)
            except Conflict:  # somebody has just recorded something in the episode
                continue
            return True
        raise InConflict

    def _differs(self, read_set: ReadSet, identifier: UUID) -> bool:
        if identifier in read_set.unreadable:
            raise read_set.unreadable[identifier]
        episode = read_set.episodes[identifier].episode
        now = self.clock()
        asked = Command(draft=SessionsRejudged(), when=When(now, "second", "UTC"), now=now, event_ids=())
        return bool(rejudge(episode, asked))

    def _write(self, read_set: ReadSet, request: CommandRequest) -> None:
        batch = Batch(read_set, self.clock(), self.draws)
        decide_batch(batch, [request])
        [(_, outcome)] = batch.outcomes
        if not isinstance(outcome, Answer):
            raise outcome
        self.store.write(batch.write_set)


def run_rejudging(rejudging: Rejudging, episodes: Iterable[Place]) -> None:
    """Run it as a program: what stops it ends the program with a sentence, and may be tried again."""
    try:
        again = rejudging.run(episodes)
    except KeyboardInterrupt:
        raise SystemExit("interrupted: run it again, and it goes on") from None
    except InvalidTag:
        raise SystemExit("the master key does not open this store's records") from None
    except EarlierReleasesRun:
        raise SystemExit(
            "processes of an earlier release may still run: when none does, `episodes migrate --all-replaced`"
        ) from None
    except (StoreUnavailable, OutcomeUnknown, psycopg.OperationalError) as fault:
        if isinstance(fault.__cause__, psycopg.errors.InsufficientPrivilege):
            raise fault.__cause__ from None
        rejudging.say(f"not finished, run it again: {type(fault.__cause__ or fault).__name__}")
        raise SystemExit(EXIT_TRY_AGAIN) from None
    if again:
        raise SystemExit(EXIT_TRY_AGAIN)


def _why(fault: Unreadable | InConflict) -> str:
    return "others record in it all the while" if isinstance(fault, InConflict) else str(fault)


def all_episodes(connection: Connection[DictRow], networks: Sequence[str]) -> Iterator[Place]:
    """Every episode of these networks, read page by page."""
    for network in networks:
        last = UUID(int=0)
        while page := _page(connection, network, last):
            yield from ((network, episode) for episode in page)
            last = page[-1]


def _page(connection: Connection[DictRow], network: str, after: UUID) -> list[UUID]:
    with connection.transaction():
        connection.execute(SCOPE, scoped([network]))
        rows = connection.execute(_EPISODES, [network, after, PAGE]).fetchall()
    return [row["episode_id"] for row in rows]


def _request(network: str, episode: UUID) -> CommandRequest:
    identifier = uuid4()
    return CommandRequest(
        id=identifier,
        caller=Caller(actor=OPERATOR, network=network, clinics=None),
        step=REJUDGING,
        draft=SessionsRejudged(),
        circumstances=Circumstances(purpose="all sessions judged anew"),
        mac=lambda _: b"",
        correlation=identifier,
        episode=episode,
    )
