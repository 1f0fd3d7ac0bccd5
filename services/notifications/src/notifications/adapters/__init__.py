"""Where the outside is met: PostgreSQL, Kafka, the feed, HTTP in and out, files with keys."""
