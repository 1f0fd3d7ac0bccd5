"""The entry point of Alembic."""

from care_platform.postgres.migrations import run_steps

run_steps()
