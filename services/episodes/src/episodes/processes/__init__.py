"""What every process of the service needs: leadership, startup, progress, a watchdog."""
