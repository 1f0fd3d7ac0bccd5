"""The roles of the service, each composed from settings."""
