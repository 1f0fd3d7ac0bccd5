"""The steps of the episodes database."""

from care_platform.postgres.migrations import Migrations

_STEPS = Migrations("episodes.migrations", lock=4_207_391)

migrate, newest = _STEPS.run, _STEPS.newest
