"""A partner as a stranger would write one: of ours it uses the demo's addresses and a token, nothing else."""
