"""The notifications service on real servers."""
