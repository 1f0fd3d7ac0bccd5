"""PostgreSQL: the event log, the directory, positions. Only `store`, `log` and migrations name the log's table."""
