"""Which connections may be in plain text, and which settings go together."""
