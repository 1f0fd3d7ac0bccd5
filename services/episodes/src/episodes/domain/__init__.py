"""The clinic's rules: what may be decided, and what is then true. No library, I/O, clock or chance."""
