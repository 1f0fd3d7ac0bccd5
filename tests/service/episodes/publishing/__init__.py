"""The feed, the relay and its topics."""
