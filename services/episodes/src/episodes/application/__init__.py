"""The use cases: load, decide, record; and what of it is told to whom."""
