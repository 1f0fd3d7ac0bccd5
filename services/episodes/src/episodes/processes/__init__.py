"""What the processes of the service need: leadership, startup, progress, a watchdog."""
