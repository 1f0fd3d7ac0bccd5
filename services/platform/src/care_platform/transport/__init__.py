"""How connections are protected on their way, by settings: to Kafka, PostgreSQL, services and callers."""
