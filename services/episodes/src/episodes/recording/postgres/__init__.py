"""The PostgreSQL side of recording: one read for a batch, one write."""
