"""The steps of the episodes database."""

import psycopg

from care_platform.postgres.migrations import Migrations

_STEPS = Migrations("episodes.migrations", lock=4_207_391)

migrate, newest = _STEPS.run, _STEPS.newest


def complete(owner_url: str) -> str:
    """Record that no process of an earlier release runs any more. Returns the revision that all have.

    Raises the errors of psycopg.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute("UPDATE compatibility SET compatible_from = %s", (newest(),))
    return newest()
