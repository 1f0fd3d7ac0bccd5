"""The steps of the notifications database."""

from care_platform.postgres.migrations import Migrations

migrate = Migrations("notifications.migrations", lock=0x6E6F7469).run
