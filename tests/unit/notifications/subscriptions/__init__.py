"""Who may subscribe to what."""
