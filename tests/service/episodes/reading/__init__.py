"""Reading an episode over HTTP."""
