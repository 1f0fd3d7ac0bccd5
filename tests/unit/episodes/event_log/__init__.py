"""Facts to stored bytes and back, and the cache."""
