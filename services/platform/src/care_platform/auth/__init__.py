"""Authentication: the token issuer's keys, and the verifier of tokens."""
