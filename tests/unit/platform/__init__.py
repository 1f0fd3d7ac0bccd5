"""Mechanism both services share: tokens and the keys of issuers."""
