"""The list, its projection and its rebuilding."""
