"""The published language: what the services and their consumers share, and nothing else."""
