"""What is not the caller's is refused after the same statements as what is not there; nothing is opened."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection
from psycopg.pq import Trace
from starlette.responses import Response

from episodes.access import Caller
from episodes.domain.event import Actor
from episodes.errors import NotThere
from episodes.event_log.episodes import Episodes
from episodes.event_log.keyring import keyring
from episodes.event_log.reader import Database
from episodes.http.examples import CLINIC, PARTNER
from episodes.http.requests import Surroundings
from episodes.reading import endpoint
from episodes.reading.endpoint import StateQuery
from episodes.reading.history import HistoryQuery
from tests.support.episodes.http_episode import Story
from tests.support.episodes.partner_api import UNINVOLVED, Served, consented

SURROUNDINGS = Surroundings(lambda: datetime.now(UTC), uuid4, "", "", ())
THEN = "2026-09-30T12:00:00Z"

Read = Callable[[Episodes, Caller, UUID], Awaitable[Response]]


def _state(**query: Any) -> Read:
    return lambda it, who, one: endpoint.get_episode(it, SURROUNDINGS, who, one, StateQuery(**query))


def _history(**query: Any) -> Read:
    return lambda it, who, one: endpoint.get_episode_history(
        it, SURROUNDINGS, who, one, HistoryQuery(**query)
    )


READS: Mapping[str, tuple[str, Read]] = MappingProxyType(
    {
        "state": ("", _state()),
        "at a version": ("", _state(version=1)),
        "as of a record": ("", _state(recorded_at=THEN)),
        "as it was": ("", _state(occurred_at=THEN)),
        "history": ("/history", _history()),
        "page": ("/history", _history(limit=2)),
        "later page": ("/history", _history(limit=2, cursor="h2")),
        "event": (
            "/events/{event}",
            lambda it, who, one: endpoint.get_event(it, SURROUNDINGS, who, one, uuid4()),
        ),
    }
)


def staff(*clinics: UUID, network: str = "demo", role: str = "auditor") -> Caller:
    return Caller(actor=Actor(id=uuid4(), role=role), network=network, clinics=frozenset(clinics))


def partner(identifier: str, network: str = "demo") -> Caller:
    actor = Actor(id=uuid4(), role="partner", organisation=UUID(identifier))
    return Caller(actor=actor, network=network, clinics=frozenset())


STRANGERS: Mapping[str, Caller] = MappingProxyType(
    {
        "of another clinic": staff(uuid4()),
        "of no clinic": staff(),
        "of another network": Caller(actor=Actor(id=uuid4(), role="service"), network="other", clinics=None),
        "of that clinic's id in another network": staff(UUID(CLINIC), network="other"),
        "a stranger partner": partner(UNINVOLVED),
        "the partner, for another network": partner(PARTNER, "other"),
    }
)


class Traced(NamedTuple):
    """The episodes over one connection, whose protocol is written down; `keys` counts the keys unwrapped."""

    episodes: Episodes
    connection: AsyncConnection[Any]
    trace: Path
    keys: list[UUID]

    async def statements(self, reading: Awaitable[object]) -> list[str]:
        """What was sent meanwhile, by the texts of the statements."""
        with self.trace.open("wb") as written:
            self.connection.pgconn.trace(written.fileno())
            self.connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
            await reading
            self.connection.pgconn.untrace()
        text = self.trace.read_text(errors="replace")
        messages = (message.split("\t") for message in re.split(r"^(?=[FB]\t)", text, flags=re.MULTILINE))
        return [one[3] for one in messages if one[0] == "F" and one[2] in ("Parse", "Query", "Execute")]


@asynccontextmanager
async def traced(served: Served, directory: Path) -> AsyncIterator[Traced]:
    """Every statement is sent in full, also the hundredth, so that it can be compared."""
    keys, unwrap = list[UUID](), keyring(served.service.keys_dir, uuid4, may_create=False).unwrap

    def counting(*wrapped: Any) -> Any:
        keys.append(wrapped[1])
        return unwrap(*wrapped)

    database = Database(served.service.database.url("api"), size=1)
    await database.open()
    try:
        async with database.connection() as connection:
            connection.prepare_threshold = None
        yield Traced(Episodes(database, counting), connection, directory / "trace", keys)
    finally:
        await database.close()


@pytest.fixture(scope="module")
def story(partnered: Served) -> Story:
    """An episode of a client whom one partner may be told of."""
    story = partnered.story()
    consented(story, "sessions", "assessments")
    story.did("sessions")
    return story


async def refused(on: Traced, read: Read, who: Caller, episode: UUID) -> list[str]:
    """The statements of a read that finds nothing."""

    async def reading() -> None:
        with pytest.raises(NotThere):
            await read(on.episodes, who, episode)

    return await on.statements(reading())


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", READS)
async def test_to_a_stranger_an_episode_looks_as_if_it_did_not_exist(
    partnered: Served, story: Story, tmp_path: Path, name: str, who: str
) -> None:
    caller, (_, read) = STRANGERS[who], READS[name]
    async with traced(partnered, tmp_path) as on:
        of_nothing = await refused(on, read, caller, uuid4())
        assert await refused(on, read, caller, UUID(story.id)) == of_nothing
        assert sum("substring(state FOR" in one for one in of_nothing) == 1
        assert sum("FROM client_subjects" in one for one in of_nothing) == (caller.partner is not None)
        assert not on.keys


@pytest.mark.parametrize("caller", [staff(UUID(CLINIC)), partner(PARTNER)], ids=["staff", "partner"])
async def test_who_has_a_right_is_shown_it_after_more(
    partnered: Served, story: Story, tmp_path: Path, caller: Caller
) -> None:
    """What the test before compares would show a difference."""
    async with traced(partnered, tmp_path) as on:
        of_nothing = await refused(on, _state(), caller, uuid4())
        shown = await on.statements(_state()(on.episodes, caller, UUID(story.id)))
        assert len(shown) > len(of_nothing)
        assert on.keys


def test_every_read_of_an_episode_is_tried() -> None:
    prefix = "/v1/episodes/{episode}"
    paths = {getattr(route, "path", "").removeprefix(prefix) for route in endpoint.router().routes}
    assert paths == {path for path, _ in READS.values()}
