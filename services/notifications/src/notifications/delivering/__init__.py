"""Signed webhooks to partners, each attempt only after a decision to disclose."""
