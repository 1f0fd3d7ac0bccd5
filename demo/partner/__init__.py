"""A partner as a stranger would write one; it uses nothing of ours."""
