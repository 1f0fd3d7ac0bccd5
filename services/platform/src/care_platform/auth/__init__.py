"""Who calls: the token issuer's keys, and the one verifier of tokens."""
