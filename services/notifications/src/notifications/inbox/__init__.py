"""What needs the attention of a clinic's staff."""
