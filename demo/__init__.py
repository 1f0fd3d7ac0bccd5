"""The demonstration: published cases as scripts, the walk of one through the public API, and what it shows."""
