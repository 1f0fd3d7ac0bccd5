"""Tests of the published language."""
