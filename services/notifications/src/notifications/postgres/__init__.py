"""Connections to the database, and whether it fits this release."""
