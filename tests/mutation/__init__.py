"""How much of a mistake in the pure code the quick tests would see: see README.md beside this."""
