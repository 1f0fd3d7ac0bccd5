"""Commands over HTTP and upon the real store."""
