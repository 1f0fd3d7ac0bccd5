"""Signed webhooks to partners, each attempt only after a disclosure decision that allows it."""
