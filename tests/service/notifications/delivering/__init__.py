"""The outbox, attempts, and endpoints that misbehave."""
