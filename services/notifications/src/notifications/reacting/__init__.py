"""What a published event teaches us and makes us owe, taken in exactly once."""
