"""Where the episodes service meets the world: HTTP, PostgreSQL, Kafka, keys."""
