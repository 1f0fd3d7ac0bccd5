"""One attempt, its body, signature, schedule and way out."""
