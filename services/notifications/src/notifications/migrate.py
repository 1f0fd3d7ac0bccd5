"""The migrations of the notifications database."""

from care_platform.postgres.migrations import Migrations

_STEPS = Migrations("notifications.migrations", lock=0x6E6F7469)

migrate, newest = _STEPS.run, _STEPS.newest
