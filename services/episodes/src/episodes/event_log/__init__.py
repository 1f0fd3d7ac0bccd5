"""The append-only log: how events are stored, encrypted and read back."""
