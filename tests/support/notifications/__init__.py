"""Published events and processes for tests of the notifications service."""
