"""The tables, as steps in the order they were taken; Alembic runs them as the owner."""
