"""Facts, histories, batches and processes of the episodes service."""
