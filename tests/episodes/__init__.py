"""Tests of the episodes service."""
