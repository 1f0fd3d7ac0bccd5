"""Benchmarks: each of our figures beside an anchor from the same run on the same machine, as a ratio."""
