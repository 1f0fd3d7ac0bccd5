"""Who sees what: partners, labels, former clinics, and nothing clinical elsewhere."""
