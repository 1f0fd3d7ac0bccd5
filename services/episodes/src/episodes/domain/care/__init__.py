"""One module for each noun of care: its events, its command's decision, and how state evolves."""
