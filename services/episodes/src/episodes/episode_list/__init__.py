"""The list of episodes: a view that follows the log."""
