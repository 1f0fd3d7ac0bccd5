"""Readings that look wrong: a value beyond its scale or what can be, a unit or mode not of the measure."""

from collections.abc import Iterator

from episodes.domain.doubts.doubt import Doubt
from episodes.domain.doubts.scales import is_rated, outside
from episodes.domain.doubts.tables.measures import MEASURED, Usual
from episodes.domain.doubts.tables.sites import BY_LENGTH
from episodes.domain.doubts.tables.units import IN_MILLIMETRES, Quantity, quantity
from episodes.domain.values import Reading


def doubtful_reading(reading: Reading, pointer: str) -> Iterator[Doubt]:
    """What looks wrong in the value, unit and mode of a reading."""
    usual = MEASURED.get(reading.measure.code)
    yield from _of_the_unit(reading, usual, pointer)
    if reading.value is not None:
        yield from _of_the_value(reading, reading.value, usual, pointer)
    if usual is not None and not usual.may_move and reading.mode in ("active", "passive"):
        yield Doubt("mode-without-motion", f"{pointer}/mode")


def _of_the_unit(reading: Reading, usual: Usual | None, pointer: str) -> Iterator[Doubt]:
    change = reading.reported_change
    told = [(reading.unit, f"{pointer}/unit")]
    if change is not None and (change.unit is None or quantity(change.unit) is not Quantity.SHARE):
        told.append((change.unit, f"{pointer}/reported_change/unit"))  # any change may be a share
    for unit, where in told:
        measured = None if unit is None else quantity(unit)
        if unit is not None and measured is None:
            yield Doubt("unknown-unit", where)
        elif measured is not None and usual is not None and not _fits(reading, usual, measured):
            yield Doubt("unit-not-of-the-measure", where)


def _fits(reading: Reading, usual: Usual, measured: Quantity) -> bool:
    """Whether the measure is taken in this quantity, on this scale and at this place."""
    if usual.ends and measured not in usual.ends:
        return False
    if measured is not Quantity.LENGTH or not usual.ends:
        return True
    if usual.moves:
        return usual.places is not None or (reading.site is not None and reading.site.code in BY_LENGTH)
    return reading.scale is None or not is_rated(reading.scale)


def _of_the_value(reading: Reading, value: float, usual: Usual | None, pointer: str) -> Iterator[Doubt]:
    unit = reading.unit or ""
    measured = quantity(unit)
    # a goniometer of 0 to 180 degrees also tells what a joint lacks, below zero
    if measured is not Quantity.ANGLE and outside(value, unit, reading.scale or ""):
        yield Doubt("outside-its-scale", f"{pointer}/value")
    elif usual is not None and measured is not None and _cannot_be(value, unit, measured, usual):
        yield Doubt("implausible-value", f"{pointer}/value")


def _cannot_be(value: float, unit: str, measured: Quantity, usual: Usual) -> bool:
    """Whether the value lies beyond the plausible ends of its measure; false if it has none in this unit."""
    ends = usual.ends.get(measured)
    factor = IN_MILLIMETRES.get(unit.strip().casefold()) if measured is Quantity.LENGTH else 1.0
    return ends is not None and factor is not None and not ends[0] <= value * factor <= ends[1]
