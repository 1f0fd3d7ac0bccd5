"""What is written down, in PostgreSQL: plain SQL, every statement bound to a network."""
