"""The steps of the episodes database."""

from care_platform.postgres.migrations import Migrations
from episodes.migrations.grants import GRANTS, OF_EARLIER
from episodes.migrations.registering import OF_EPISODES

_STEPS = Migrations("episodes.migrations", lock=4_207_391, grants=GRANTS, of_earlier=OF_EARLIER)

migrate, newest = _STEPS.run, _STEPS.newest


def complete(owner_url: str) -> str:
    """As `Migrations.complete`. Clients are registered where processes of an earlier release opened or
    transferred an episode without registering them.
    """
    return _STEPS.complete(owner_url, *OF_EPISODES)
