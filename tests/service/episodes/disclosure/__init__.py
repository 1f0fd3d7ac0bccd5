"""Decisions whether an event may go to a partner."""
