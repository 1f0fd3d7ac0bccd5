"""The intake of published events, exactly once: what each one makes known, and what is owed for it."""
