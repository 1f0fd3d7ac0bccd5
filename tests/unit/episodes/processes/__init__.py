"""Settings, logs and progress of the processes."""
