"""The implementation of `make run`: one machine, no container, nothing installed but Python."""
