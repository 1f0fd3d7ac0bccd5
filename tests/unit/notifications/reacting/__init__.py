"""What a published event owes, and to whom."""
