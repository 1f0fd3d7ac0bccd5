"""The steps of the episodes database."""

from care_platform.postgres.connecting import connect
from care_platform.postgres.migrations import Migrations
from episodes.migrations.grants import GRANTS, OF_EARLIER
from episodes.migrations.registering import OF_EPISODES

_STEPS = Migrations("episodes.migrations", lock=4_207_391, grants=GRANTS, of_earlier=OF_EARLIER)

migrate, newest = _STEPS.run, _STEPS.newest


def complete(owner_url: str) -> str:
    """Record that no process of an earlier release runs any more. Returns the revision that all have: this
    release's, or the later one that was recorded before, since what is written stays. Clients are registered
    where such processes opened or transferred an episode without registering them.

    Raises the errors of psycopg.
    """
    raised = (
        "UPDATE compatibility SET compatible_from = greatest(compatible_from, %s) RETURNING compatible_from"
    )
    with connect(owner_url) as connection:
        for statement in OF_EPISODES:
            connection.execute(statement.encode())
        [(reached,)] = connection.execute(raised, (newest(),)).fetchall()
    return str(reached)
