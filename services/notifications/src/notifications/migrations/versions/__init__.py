"""One migration per module. A migration that has run anywhere is never changed."""
