"""Tests without a server: all of them in a minute."""
