"""Connections that are encrypted, to real servers: who is not trusted gets nothing, and a log says why."""
