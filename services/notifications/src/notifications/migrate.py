"""The migrations of the notifications database."""

from care_platform.postgres.migrations import Migrations
from notifications.migrations.grants import GRANTS

_STEPS = Migrations("notifications.migrations", lock=0x6E6F7469, grants=GRANTS)

migrate, newest, complete = _STEPS.run, _STEPS.newest, _STEPS.complete
