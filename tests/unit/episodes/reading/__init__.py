"""What staff and partners are shown of an episode."""
