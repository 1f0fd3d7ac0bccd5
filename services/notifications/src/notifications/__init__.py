"""Notifications: reacts to published events and tells the people and partners concerned."""
