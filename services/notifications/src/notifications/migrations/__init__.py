"""The tables, as migrations in their order. Alembic runs them as the owner of the tables."""
