"""Performers of sessions who, by the directory, do not treat, or are not licensed to."""

from collections.abc import Iterator

from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.doubts.doubt import Doubt, Told

NO_THERAPISTS = ("coordinator", "privacy_officer")
"""Roles of the directory in which nobody treats. Students and assistants do, under somebody's eyes."""

NEED_A_LICENCE = ("therapist", "supervisor")
"""Roles in which one treats under a licence of one's own (RCW 18.108.030)."""


def unfit_performer(told: Told) -> Iterator[Doubt]:
    """Whether somebody is said to have treated who does not treat. An amendment names who amends, not who
    treated.
    """
    performer = told.command.known.performer
    if performer is None or not isinstance(told.command.draft, SessionDelivered):
        return
    if performer.role in NO_THERAPISTS:
        yield Doubt("performer-no-therapist", "/performer")
    if performer.role in NEED_A_LICENCE and not performer.licensed:
        yield Doubt("performer-without-licence", "/performer")
