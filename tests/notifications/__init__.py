"""Notifications: what events make us owe, and how it gets to people and partners."""
