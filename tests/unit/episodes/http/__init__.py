"""Access, bodies, problems and the OpenAPI document."""
