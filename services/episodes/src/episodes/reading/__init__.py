"""What is shown of an episode: its state, its history, one event."""
