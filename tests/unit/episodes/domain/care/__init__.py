"""One file for each noun of care: what is recorded, what is refused, which rules are broken."""
