"""Doubts about what was recorded."""
