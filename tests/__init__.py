"""The same guarantees, shown on real servers: `support/servers/discovery.py` says where those come from."""
