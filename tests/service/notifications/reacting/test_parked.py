"""Parked messages: an operator sees them, replays or dismisses them, and what followed takes effect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from notifications.postgres.connections import Connection, connect, within
from notifications.reacting import parked as subject
from notifications.reacting.parked import CannotResolve, list_parked, resolve
from notifications.reacting.react import understand
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.intake import Lane
from tests.support.notifications.published_events import Care, documents
from tests.support.notifications.service_process import Notifications
from tests.support.waiting import eventually


async def parked_episode(service: Notifications, care: Care) -> Any:
    """A message of a type unknown yet, then two red flags of the same episode."""
    (unknown,) = documents([care.red_flag()])
    async with await connect(service.database.url("consume")) as db:
        await Lane(db).take_raw(
            unknown | {"type": "care.episode.unheard_of.v1"}, *documents([care.red_flag(), care.red_flag()])
        )
        async with within(db, "demo"):
            return await list_parked(db)


@asynccontextmanager
async def operating(service: Notifications) -> AsyncIterator[Connection]:
    """As the operator's command does."""
    async with await connect(service.database.url("consume")) as db, within(db, "demo"):
        yield db


async def test_dismissing_a_message_lets_what_followed_take_effect(service: Notifications) -> None:
    first, *_ = await parked_episode(service, Care())
    async with operating(service) as db:
        assert await resolve(db, first.parked_id, "dismissed") == 3
        assert await list_parked(db) == []
    assert service.count("inbox") == 2
    assert service.count("parked", "resolution = 'dismissed'") == 1


async def test_a_message_still_unreadable_stays_parked_and_changes_nothing(service: Notifications) -> None:
    first, *_ = await parked_episode(service, Care())
    async with operating(service) as db:
        with pytest.raises(CannotResolve, match="unknown event type"):
            await resolve(db, first.parked_id, "replayed")
        assert len(await list_parked(db)) == 3
    assert service.count("seen_events") == 0


async def test_a_message_that_became_readable_is_replayed_in_order(
    service: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = await parked_episode(service, Care())

    def understood_by_now(message: Any) -> Any:
        document = message.document | {"type": "care.episode.red_flag_raised.v1"}
        return understand(type(message)(message.network, message.place, document))

    monkeypatch.setattr(subject, "understand", understood_by_now)
    async with operating(service) as db:
        assert await resolve(db, first.parked_id, "replayed") == 3
    assert service.count("inbox") == 3
    assert service.count("parked", "resolution = 'replayed'") == 3


async def test_an_older_message_of_the_episode_comes_first(service: Notifications) -> None:
    _, second, _ = await parked_episode(service, Care())
    async with operating(service) as db:
        with pytest.raises(CannotResolve, match="older"):
            await resolve(db, second.parked_id, "dismissed")


async def test_an_unknown_number_is_refused(service: Notifications) -> None:
    async with operating(service) as db:
        with pytest.raises(CannotResolve, match="no such"):
            await resolve(db, 4711, "dismissed")


def test_the_operators_commands_work_beside_a_running_consumer(
    service: Notifications, episodes: EpisodesService
) -> None:
    care = Care()
    (unknown,) = documents([care.red_flag()])
    episodes.publish_raw(unknown | {"type": "care.episode.unheard_of.v1"}, *documents([care.red_flag()]))
    with service.running("consume"):
        eventually(lambda: service.count("parked") == 2)
        listed = service.command("parked", "list")
        number = listed.stdout.split()[0]
        dismissed = service.command("parked", "dismiss", number)
        again = service.command("parked", "dismiss", number)
        episodes.publish(care.red_flag())
        eventually(lambda: service.count("inbox") == 2)
    assert "unknown event type" in listed.stdout
    assert str(care.episode) in listed.stdout
    assert dismissed.stdout == "2 left the parked messages\n"
    assert (again.returncode, again.stderr) == (1, "no such parked message\n")


async def test_a_message_whose_episode_is_unknown_holds_nothing(service: Notifications) -> None:
    care = Care()
    async with await connect(service.database.url("consume")) as db:
        await Lane(db).take_raw({"id": str(uuid4())}, *documents([care.red_flag()]))
    async with operating(service) as db:
        (alone,) = await list_parked(db)
        assert await resolve(db, alone.parked_id, "dismissed") == 1
    assert service.count("inbox") == 1
