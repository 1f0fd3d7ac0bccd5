"""The API as it is composed."""
