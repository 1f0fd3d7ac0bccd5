"""PostgreSQL: migrations, row-level security, connections."""
