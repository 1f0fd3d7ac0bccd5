"""What leaves the service: published events, on Kafka and by the feed."""
