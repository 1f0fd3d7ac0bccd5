"""What is raised when the episodes service gives no answer that can be used."""

from http import HTTPStatus


class NoAnswer(Exception):
    """The episodes service does not tell what it was asked. The reason quotes no content."""


class Doubtful(NoAnswer):
    """What answers is not the episodes service as we know it: nothing is concluded from it."""


class AnotherLog(Doubtful):
    """A position was not given for this log, or not for what it is now."""

    def __init__(self) -> None:
        super().__init__("the log was restored, or is another")


def unexpected(status: int) -> NoAnswer:
    """What an answer with this status means: the service can not answer now, or something else answers."""
    said = f"the episodes service answers {status}"
    passing = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return NoAnswer(said) if passing else Doubtful(said)
