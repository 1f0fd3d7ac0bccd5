"""The append-only log: how events are stored and read back, and who holds the keys."""
