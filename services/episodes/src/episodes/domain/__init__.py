"""The clinic's rules: what may be decided, and what is then true. Standard library only; no I/O, clock or chance."""
