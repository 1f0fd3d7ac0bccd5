"""The episodes service on real servers."""
