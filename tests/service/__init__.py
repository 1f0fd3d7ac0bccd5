"""Tests of one service as processes, on real PostgreSQL and Kafka."""
