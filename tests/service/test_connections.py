"""Every connection of both services has what they depend on, whatever an administrator has set by default."""

import ast
import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
import pytest

from care_platform.postgres.connecting import connect, connect_async
from care_platform.postgres.options import PINNED, SESSION
from care_platform.postgres.pools import AsyncPool, Pool
from tests.support.databases import episodes_database
from tests.support.servers.administrator import HOSTILE, set_by_default
from tests.support.servers.postgres import Database, PostgresServer

SERVICES = Path(__file__).parents[2] / "services"
PLACES = {"care_platform/postgres/connecting.py", "care_platform/postgres/pools.py"}
CONNECTING = {"connect", "ConnectionPool", "AsyncConnectionPool", "NullConnectionPool"}
LIBRARIES = {"psycopg", "psycopg_pool"}


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[Database]:
    """A database in which every default is hostile."""
    found = episodes_database(postgres)
    with set_by_default(found, HOSTILE):
        yield found


def _of_a_pool(url: str) -> dict[str, str]:
    with Pool(url, kwargs={"autocommit": False}, min_size=1) as pool, pool.connection() as lent:
        return {name: _shown(lent, name) for name in HOSTILE}


def _of_an_async_one(url: str) -> dict[str, str]:
    async def asked() -> dict[str, str]:
        async with await connect_async(url) as connection:
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            rows = [await (await connection.execute(_show(name))).fetchall() for name in HOSTILE]
        return {name: row[0][0] for name, row in zip(HOSTILE, rows, strict=True)}

    return asyncio.run(asked())


def _of_an_async_pool(url: str) -> dict[str, str]:
    async def asked() -> dict[str, str]:
        async with (
            AsyncPool(url, kwargs={"autocommit": False}, min_size=1) as pool,
            pool.connection() as lent,
        ):
            rows = [await (await lent.execute(_show(name))).fetchall() for name in HOSTILE]
        return {name: row[0][0] for name, row in zip(HOSTILE, rows, strict=True)}

    return asyncio.run(asked())


def _of_one(url: str) -> dict[str, str]:
    with closing(connect(url)) as connection:
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        return {name: _shown(connection, name) for name in HOSTILE}


WAYS: Mapping[str, Callable[[str], dict[str, str]]] = MappingProxyType(
    {
        "alone": _of_one,
        "alone, beside others": _of_an_async_one,
        "of a pool": _of_a_pool,
        "of a pool, beside others": _of_an_async_pool,
    }
)


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_has_what_is_pinned_whatever_is_set(database: Database, way: str) -> None:
    pinned = dict(setting.split("=", 1) for setting in PINNED if setting != SESSION)
    assert pinned.keys() == HOSTILE.keys(), "each pinned setting is tried"
    shown = WAYS[way](database.url("api"))
    assert {name: value.replace(", ", ",") for name, value in shown.items()} == {
        name: value.replace("\\", "") for name, value in pinned.items()
    }
    with psycopg.connect(database.url("api")) as bare:
        set_so = {name: _shown(bare, name) for name in HOSTILE}
    assert [name for name in HOSTILE if set_so[name] == shown[name]] == [], "what was set is hostile"


def test_what_the_address_brings_stays_unless_it_is_pinned(postgres: PostgresServer) -> None:
    url = postgres.fresh_database("episodes").owner_url
    mark = "&" if "?" in url else "?"
    with closing(connect(f"{url}{mark}options=-c%20work_mem%3D123kB%20-c%20datestyle%3DSQL")) as connection:
        assert _shown(connection, "work_mem") == "123kB"
        assert _shown(connection, "datestyle").startswith("ISO")


def test_nobody_connects_in_another_place() -> None:
    """Whoever names what psycopg connects with is in one of the places: all others call these."""
    found = {
        str(file.relative_to(SERVICES / src))
        for src in ("platform/src", "episodes/src", "notifications/src")
        for file in (SERVICES / src).rglob("*.py")
        if _connects(ast.parse(file.read_text()))
    }
    assert found == PLACES


def test_lists_of_bytes_are_sent_as_they_are() -> None:
    """As text psycopg writes them by the rules of a setting, and none is found any more."""
    found = [file.name for file in SERVICES.rglob("*.py") if "%s::bytea[]" in file.read_text()]
    assert found == []


def _connects(module: ast.Module) -> bool:
    """Whether it imports a way to connect from psycopg, or uses one of a class or module of psycopg's."""
    psycopg_names = {"psycopg"}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {
            "psycopg",
            "psycopg_pool",
        }:
            names = {alias.name: alias.asname or alias.name for alias in node.names}
            if CONNECTING & names.keys():
                return True
            psycopg_names |= {names[name] for name in ("Connection", "AsyncConnection") if name in names}
    return any(
        isinstance(node, ast.Attribute) and node.attr in CONNECTING and _root(node.value) in psycopg_names
        for node in ast.walk(module)
    )


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _show(name: str) -> bytes:
    return f"SHOW {name}".encode()


def _shown(connection: psycopg.Connection[Any], name: str) -> str:
    [[value]] = connection.execute(_show(name)).fetchall()
    return str(value)
