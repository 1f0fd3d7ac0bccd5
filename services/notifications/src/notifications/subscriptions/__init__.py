"""Partners' subscriptions: their addresses, their delivery log, and what they missed."""
