"""Care episodes: records what happened to a client, and publishes what others may know."""
