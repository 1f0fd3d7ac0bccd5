"""The notifications service without a server."""
