"""Both services together, as processes, on real servers."""
