"""A connection as `consume` has it, and its work in the background, one step at a time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import aiohttp
import pytest

from notifications.episodes_service import EpisodesService as Asked
from notifications.postgres.connections import Connection, connect
from notifications.reacting.comparing import Comparing
from notifications.reacting.healing import Healing
from notifications.reacting.published import PublishedLog
from notifications.service_tokens import ServiceTokens
from tests.support.notifications.http_servers import EpisodesService
from tests.support.notifications.service_process import Notifications


@pytest.fixture
async def db(service: Notifications) -> AsyncIterator[Connection]:
    async with await connect(service.database.url("consume")) as connection:
        yield connection


@pytest.fixture
async def published(service: Notifications, episodes: EpisodesService) -> AsyncIterator[PublishedLog]:
    tokens = ServiceTokens(service.issuer.directory / "service-tokens.json")
    async with aiohttp.ClientSession() as session:
        yield PublishedLog(Asked(episodes.url, tokens, session, 5))


@pytest.fixture
def healing(service: Notifications, published: PublishedLog) -> Healing:
    connecting = partial(connect, service.database.url("consume"))
    return Healing(
        connecting, published, ("demo", "other"), timedelta(minutes=15), "https://episodes.example"
    )


@pytest.fixture
def comparing(service: Notifications, published: PublishedLog) -> Comparing:
    connecting = partial(connect, service.database.url("consume"))
    return Comparing(connecting, published, ("demo", "other"), by_feed=False)
