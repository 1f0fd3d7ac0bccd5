"""The line of the list."""
