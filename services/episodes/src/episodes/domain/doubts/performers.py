"""Sessions of which nobody is named as having treated, or somebody who by the directory does not treat."""

from collections.abc import Iterator

from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.doubts.doubt import Doubt, Told

NO_THERAPISTS = ("coordinator", "privacy_officer")
"""Roles of the directory in which nobody treats. Students and assistants do, under somebody's eyes."""

NEED_A_LICENCE = ("therapist", "supervisor")
"""Roles in which one treats under a licence of one's own (RCW 18.108.030)."""


def doubtful_performer(told: Told) -> Iterator[Doubt]:
    """Whether a session says who treated, and whether that person does: whoever sent the command may be
    another, or a program.
    """
    if not isinstance(told.entry.fact, SessionDelivered):
        return
    if told.entry.metadata.performer is None:
        yield Doubt("no-performer", "/performer")
    performer = told.command.known.performer
    if performer is None:
        return
    if performer.role in NO_THERAPISTS:
        yield Doubt("performer-no-therapist", "/performer")
    if performer.role in NEED_A_LICENCE and not performer.licensed:
        yield Doubt("performer-without-licence", "/performer")
