"""Clients that others generate from our OpenAPI documents: each walks a case against running services."""
