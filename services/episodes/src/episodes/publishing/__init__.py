"""Publishing: the public form of events, on Kafka and in the feed."""
