"""Taking events in, from the feed and from Kafka."""
