"""HTTP around a service: what happens to every request, and errors as problem documents."""
