"""Alembic's entry."""

from care_platform.postgres.migrations import run_steps

run_steps()
