"""The demonstration: published cases as scripts, and the walk of one through the public API."""
