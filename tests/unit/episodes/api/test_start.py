"""A start that is refused leaves nothing open: what stays open may keep the process from ending."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI

from episodes.api.app import running


class OpenAndClosed:
    """Remembers whether it is open."""

    is_open = False

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False


class AnotherStoresKeys:
    async def keys_fit(self, keyring: object) -> bool:
        return False


async def test_a_refused_start_closes_the_database() -> None:
    database, workers = OpenAndClosed(), OpenAndClosed()
    services = SimpleNamespace(log=AnotherStoresKeys(), keyring=None)
    lifespan = running(cast(Any, services), cast(Any, database), cast(Any, workers))
    with pytest.raises(SystemExit):
        async with lifespan(FastAPI()):
            pytest.fail("it started under another store's master key")
    assert not database.is_open
    assert not workers.is_open
