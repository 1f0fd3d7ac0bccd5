"""Recording in PostgreSQL: one read and one write for each batch."""
