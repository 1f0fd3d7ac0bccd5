"""Invented courses of care, apart from the published cases, and what must come of them."""
