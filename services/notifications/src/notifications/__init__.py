"""The notifications service: reacts to published events with alerts to staff and webhooks to partners."""
