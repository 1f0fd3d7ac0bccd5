"""Sessions of which nobody is named as having given the treatment."""

from collections.abc import Iterator

from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.doubts.doubt import Doubt, Told


def missing_performers(told: Told) -> Iterator[Doubt]:
    """Whether a session does not say who treated: whoever sent the command may be another, or a program."""
    if isinstance(told.entry.fact, SessionDelivered) and told.entry.metadata.performer is None:
        yield Doubt("no-performer", "/performer")
