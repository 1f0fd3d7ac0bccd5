"""Pages of a long list are found by an index, in order, and nothing is read that is not on the page."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from care_platform.postgres.row_security import SCOPE, scoped
from episodes.access import Caller
from episodes.domain.event import Actor
from episodes.episode_list.line import Criteria
from episodes.episode_list.postgres import selecting
from tests.support.databases import episodes_database
from tests.support.episodes.long_list import episode, fill
from tests.support.servers.postgres import PostgresServer

COUNT, MOST = 20_000, 51
READ_AT_MOST = 8 * MOST
"""Rows a page of one clinic or network may touch; a page of many clinics as much for each."""


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    database = episodes_database(postgres)
    fill(database.superuser_url, "demo", COUNT, b"reference")
    return database.url("api")


def caller(*clinics: int) -> Caller:
    named = frozenset(map(numbered, clinics)) if clinics else None
    return Caller(actor=Actor(id=numbered(1), role="service"), network="demo", clinics=named)


def numbered(number: int) -> UUID:
    return UUID(int=number)


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        (caller(), Criteria()),
        (caller(), Criteria(before=episode(COUNT // 2))),
        (caller(), Criteria(status="on_hold")),
        (caller(), Criteria(status="open", before=episode(COUNT // 3))),
        (caller(), Criteria(clinic=numbered(5))),
        (caller(), Criteria(clinic=numbered(1), status="on_hold")),
        (caller(), Criteria(client=numbered(77))),
        (caller(), Criteria(client=numbered(77), status="open")),
        (caller(), Criteria(therapist=numbered(101))),
        (caller(), Criteria(reference=b"reference")),
        (caller(7), Criteria()),
        (caller(7), Criteria(reference=b"reference")),
        (caller(3, 4, 5), Criteria(status="open")),
        (caller(*range(20)), Criteria(before=episode(COUNT // 2))),
    ],
)
def test_an_index_finds_the_page(url: str, who: Caller, wanted: Criteria) -> None:
    statement, values = selecting(who, wanted, MOST)
    with psycopg.connect(url) as connection:
        connection.execute(SCOPE, scoped(["demo"]))
        explained = connection.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), values
        ).fetchone()
    assert explained is not None
    scans = list(_scans(explained[0][0]["Plan"]))
    assert scans
    assert all(scan["Node Type"] != "Seq Scan" for scan in scans), explained
    read = sum(scan["Actual Loops"] * (scan["Actual Rows"] + _dropped(scan)) for scan in scans)
    assert read <= READ_AT_MOST * max(1, len(who.clinics or ())), explained


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where the list is read."""
    if plan.get("Relation Name") == "episode_list":
        yield plan
    for part in plan.get("Plans", ()):
        yield from _scans(part)


def _dropped(scan: dict[str, Any]) -> int:
    dropped: int = scan.get("Rows Removed by Filter", 0)
    return dropped
