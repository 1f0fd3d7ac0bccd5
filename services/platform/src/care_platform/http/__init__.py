"""HTTP for both services: what is done to every request, and errors as problem documents."""
