"""From a command to its new events, without a store."""
