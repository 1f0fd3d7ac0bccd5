"""PostgreSQL: the event log, the directory, positions. Few may name the log's table."""
