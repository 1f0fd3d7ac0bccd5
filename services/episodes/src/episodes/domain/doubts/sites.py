"""Places and sides that cannot be those of a measure."""

from collections.abc import Iterator

from episodes.domain.care.plans import Goal
from episodes.domain.codes import OTHER
from episodes.domain.doubts.doubt import Doubt
from episodes.domain.doubts.tables.measures import MEASURED, Usual
from episodes.domain.doubts.tables.sites import PAIRED, SIDES
from episodes.domain.values import Reading, Site


def doubtful_place(reading: Reading, pointer: str) -> Iterator[Doubt]:
    """What looks wrong in where a reading was taken, and on which side.

    A side is missed only beside a value: what was found or told may be of both sides at once.
    """
    usual = MEASURED.get(reading.measure.code)
    yield from _of_the_site(reading.site, usual, pointer)
    if reading.value is not None:
        yield from _of_one_value(reading.site, usual, pointer)


def doubtful_goal(goal: Goal, pointer: str) -> Iterator[Doubt]:
    """What looks wrong in where a goal is to be reached."""
    usual = None if goal.measure is None else MEASURED.get(goal.measure.code)
    yield from _of_the_site(goal.site, usual, pointer)


def _of_the_site(site: Site | None, usual: Usual | None, pointer: str) -> Iterator[Doubt]:
    if site is None:
        return
    if usual is not None and usual.places is not None and site.code not in (*usual.places, OTHER):
        yield Doubt("site-not-of-the-measure", f"{pointer}/site/code")
    elif _no_such_side(site, usual):
        yield Doubt("side-not-of-the-site", f"{pointer}/site/side")


def _no_such_side(site: Site, usual: Usual | None) -> bool:
    """Whether the side is one that the place, or the motion of it that is measured, does not have."""
    if usual is not None and usual.sides == "none" and site.side in ("left", "right"):
        return True
    of_the_middle = usual is not None and usual.places is not None and usual.sides != "one"
    if site.side is None or site.code not in SIDES or (site.side == "midline" and of_the_middle):
        return False
    return site.side not in SIDES[site.code]


def _of_one_value(site: Site | None, usual: Usual | None, pointer: str) -> Iterator[Doubt]:
    """One value is of one joint, and of one of two limbs."""
    side = None if site is None else site.side
    of_one_joint = usual is not None and usual.sides == "one"
    of_a_motion = usual is not None and usual.moves and usual.places is None
    paired = site is not None and site.code in PAIRED
    if side is None and (of_one_joint or (paired and (usual is None or usual.places is None))):
        yield Doubt("missing-side", f"{pointer}/site")
    elif side == "both" and (of_one_joint or (of_a_motion and paired)):
        yield Doubt("both-sides-in-one-value", f"{pointer}/site/side")
