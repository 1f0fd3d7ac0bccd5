"""The interface of the notifications service."""
