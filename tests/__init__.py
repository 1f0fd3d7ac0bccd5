"""The same guarantees, shown on real servers: see `infrastructure.py` for where those come from."""
