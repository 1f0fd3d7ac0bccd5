"""The ends of a scale as its words tell them, such as `NRS 0-10`, `VAS 0-100 mm` or `10 cm line`."""

import re
from collections.abc import Iterator
from functools import lru_cache

from episodes.domain.doubts.tables.measures import Ends
from episodes.domain.doubts.tables.units import IN_MILLIMETRES

_NUMBER = r"([-+−]?\d+(?:[.,]\d+)?)"
_PAIR = re.compile(
    rf"(?<![\w.,]){_NUMBER}\s*(mm|cm)?\s*(?:-|–|—|to)\s*{_NUMBER}\s*(mm|cm)?(?!\w)", re.IGNORECASE
)
_LENGTH = re.compile(r"(?<![\w.,])(\d+)\s*-?(mm|cm)(?!\w)", re.IGNORECASE)
_NAMED: tuple[tuple[re.Pattern[str], Ends], ...] = (
    (re.compile(r"\bn(?:p|u)?rs[- ]?101\b", re.IGNORECASE), (0.0, 100.0)),
    (re.compile(r"\b(?:n(?:p|u)?rs|numeric(?:al)? (?:pain )?rating)", re.IGNORECASE), (0.0, 10.0)),
)
"""What a numeric rating means without its numbers (Jensen and others 1986, Pain 27:117)."""

_VISUAL = re.compile(r"\bvas\b|visual|analog|\bline\b", re.IGNORECASE)
_RATING = re.compile(r"\bn(?:p|u)?rs\b|numeric|\bverbal\b|\bvrs\b|faces|likert", re.IGNORECASE)


def is_rated(scale: str) -> bool:
    """Whether a scale is rated in numbers or words, and has no length."""
    return bool(_RATING.search(scale)) and not _VISUAL.search(scale)


def outside(value: float, unit: str, scale: str) -> bool:
    """Whether a value lies outside every pair of ends that its scale may mean; false if it tells none.

    A line of 0 to 10 is one of 10 cm, whether it is read in cm or in mm.
    """
    ends = _ends_of(scale, unit)
    return bool(ends) and not any(low <= value <= high for low, high in ends)


@lru_cache(maxsize=512)
def _ends_of(scale: str, unit: str) -> tuple[Ends, ...]:
    """Clinics write few scales over and over."""
    return tuple(_ends(scale, unit.strip().casefold()))


def _ends(scale: str, unit: str) -> Iterator[Ends]:
    """The ends that a scale may mean, in the unit of the reading."""
    found = False
    for first, its_unit, second, whose in _PAIR.findall(scale):
        found = True
        low, high = sorted((_number(first), _number(second)))
        yield from _in_unit((low, high), (whose or its_unit).casefold(), unit)
    if found:
        return
    for length, whose in _LENGTH.findall(scale) if _VISUAL.search(scale) else ():
        found = True
        yield from _in_unit((0.0, float(length)), whose.casefold(), unit)
    if found or _VISUAL.search(scale):
        return
    yield from [ends for name, ends in _NAMED if name.search(scale)][:1]


def _in_unit(ends: Ends, scale_unit: str, unit: str) -> Iterator[Ends]:
    """The ends as they are told, and converted where scale and reading have different lengths."""
    low, high = ends
    into = IN_MILLIMETRES.get(unit)
    if into is None:
        yield low, high
        return
    for one in [scale_unit] if scale_unit else ["cm", "mm", unit]:
        factor = IN_MILLIMETRES[one] / into
        yield low * factor, high * factor


def _number(digits: str) -> float:
    return float(digits.replace(",", ".").replace("−", "-"))
