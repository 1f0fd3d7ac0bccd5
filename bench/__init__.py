"""Measurements side by side: ours and an anchor in the same run on the same machine, as ratios."""
