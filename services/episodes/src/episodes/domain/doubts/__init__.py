"""What looks wrong in a record: it is recorded as told, and the answer warns. Nothing is refused here."""
