"""Alembic's entry."""

from care_platform.postgres.alembic_run import run_steps

run_steps()
