"""Published cases: their facts, the state each must lead to, and what compares the two."""
