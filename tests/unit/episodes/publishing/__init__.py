"""What is published of an event, and the relay over a log and broker in memory."""
