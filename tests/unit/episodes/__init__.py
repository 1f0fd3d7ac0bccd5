"""The episodes service without a server."""
