"""What the database itself refuses to append, whoever asks: with the application's role and SQL alone."""

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row

from tests.support.episodes.store_and_writer import Desk
from tests.support.episodes.stored_rows import INSERT, Row, as_version, rewritten


def append(desk: Desk, *rows: Row) -> None:
    """Append these rows in one statement each, in one transaction, and take them back."""
    with psycopg.connect(desk.database.url("api")) as connection:
        connection.cursor().executemany(INSERT.encode(), rows)
        connection.rollback()


def opening(desk: Desk) -> Row:
    with psycopg.connect(desk.database.url("api"), row_factory=dict_row) as connection:
        row = connection.execute("SELECT * FROM stored_events").fetchone()
    assert row is not None
    return row


def claiming(row: Row, episode: UUID, version: int) -> Row:
    """The event in the row of this version, with a header that says so."""
    moved = rewritten(row, episode_id=str(episode), version=version)
    return as_version(moved, episode, version)


@pytest.mark.parametrize("version", [-1, 0, 3, 6])
def test_an_event_that_is_not_the_next_of_its_episode_is_refused(desk: Desk, version: int) -> None:
    row = opening(desk)
    with pytest.raises(errors.IntegrityError, match="not the next of its episode"):
        append(desk, claiming(row, row["originator_id"], version))


def test_an_episode_begins_with_its_first_event(desk: Desk) -> None:
    with pytest.raises(errors.IntegrityError, match="not the next of its episode"):
        append(desk, claiming(opening(desk), uuid4(), 2))


def test_the_next_events_are_taken(desk: Desk) -> None:
    row, new = opening(desk), uuid4()
    append(desk, *(claiming(row, row["originator_id"], version) for version in (2, 3)), claiming(row, new, 1))


@pytest.mark.parametrize("header", [{"version": 3}, {"type": "assessed.1"}, {"episode_id": str(uuid4())}])
def test_an_event_whose_header_is_not_of_its_row_is_refused(desk: Desk, header: dict[str, object]) -> None:
    row = claiming(opening(desk), opening(desk)["originator_id"], 2)
    with pytest.raises(errors.CheckViolation, match="header_of_its_row"):
        append(desk, rewritten(row, **header))


@pytest.mark.parametrize("state", [b"", b"\x01", b"\x02" + bytes(200)])
def test_what_has_no_header_is_refused(desk: Desk, state: bytes) -> None:
    row = claiming(opening(desk), opening(desk)["originator_id"], 2)
    with pytest.raises(errors.CheckViolation, match="header_of_its_row"):
        append(desk, row | {"state": state})


@pytest.mark.parametrize("column", ["topic", "state"])
def test_what_leaves_a_column_empty_is_refused(desk: Desk, column: str) -> None:
    row = claiming(opening(desk), opening(desk)["originator_id"], 2)
    with pytest.raises(errors.CheckViolation, match="header_of_its_row"):
        append(desk, row | {column: None})


def test_the_event_of_another_episode_is_refused_in_this_one(desk: Desk) -> None:
    row = opening(desk)
    with pytest.raises(errors.CheckViolation):
        append(desk, as_version(row, row["originator_id"], 2))
