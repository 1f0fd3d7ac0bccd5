"""The roles of the service, each built from the settings."""
