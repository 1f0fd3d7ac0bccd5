"""Tables, row security, and the log."""
