"""Everything behind `make run`: one machine, no container, nothing installed but Python."""
