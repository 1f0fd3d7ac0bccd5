"""What is raised when the episodes service gives no answer that can be used."""


class NoAnswer(Exception):
    """The episodes service does not tell what it was asked. The reason quotes no content."""
