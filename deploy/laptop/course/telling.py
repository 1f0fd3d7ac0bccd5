"""Sentences of the reports that tell of more than a response, as tables to read and to doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.scripts import NotUnderstood

REASSESSMENTS: Mapping[str, str] = {
    "Midway reassessment carried out (values not visible).": "midpoint",
    "Midpoint reassessment done (values not visible).": "midpoint",
    "Final reassessment; client had kept a daily journal throughout.": "exit",
    "Final reassessment.": "exit",
}
"""Responses that tell of an assessment, and of which stage."""

MISSED = {"Client missed one scheduled session."}
"""Responses that tell of a session that did not take place."""

LATER: Mapping[str, int] = {
    "Pain, fatigue, bowel function, neck motion and quality of life all better;"
    " held for about five weeks.": 35,
    "Reviews two weeks after the sixth treatment and again three weeks later;"
    " afterwards symptoms drifted back to near the starting level.": 56,  # by the second series
    "Symptoms reported back two weeks after the last massage.": 14,
    "Symptoms fell steadily during the course, then returned two weeks after it stopped.": 14,
    "Numbness improved meaningfully and stayed better for more than a year with no further treatment.": 366,
}
"""What was known only so many days after the session: the least that the words allow."""

ADVERSE_EVENTS: Mapping[str, tuple[int, dict[str, Any]]] = {
    "temporary rise in pain in week seven after intense trigger point treatment": (
        7,  # sessions were weekly
        {"kind": "pain_increase", "resolved": True},
    ),
}
"""After which session, and what it was."""

SIDES: Mapping[str, Mapping[str, list[str]]] = {
    "cubick-2011-rheumatoid-mfr": {"hand": ["right"], "knee": ["left"]},
}
"""Where the sides of a complaint are each of another site, as its history tells."""

TREATED_ELSEWHERE = {"meryanos-2016-arm-fracture-chair-massage", "wakefield-2014-thoracic-outlet"}
"""Where the complaint's sites are not what was massaged, and what was is not told."""


@dataclass(frozen=True)
class Refined:
    """Why a plan was refined, and how many sessions it then planned, if the report tells."""

    reason: str
    planned_sessions: int | None


_REFINEMENTS: Mapping[str, Refined] = {
    "Weekly course of six shortened to four, then monthly maintenance.": Refined("clinical", None),
    "Two further treatments added after an eight-week interval.": Refined("clinical", 8),  # to six
}


def refined(change: str) -> Refined:
    """How a refinement told in words is to be read. Raises `NotUnderstood`."""
    if change not in _REFINEMENTS:
        raise NotUnderstood(f"a refined plan, told in words only: {change!r}")
    return _REFINEMENTS[change]
