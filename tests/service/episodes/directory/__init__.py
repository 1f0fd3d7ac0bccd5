"""The directory over HTTP: whom an entry concerns, and what is kept of each change and each read."""
