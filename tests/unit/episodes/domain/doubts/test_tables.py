"""What is doubted is known for every code of its list, and every value's ends have a source."""

import pytest

from episodes.domain.codes import BODY_SITES, INSTRUMENTS, MEASURES, OTHER
from episodes.domain.doubts.tables.instruments import FORMS
from episodes.domain.doubts.tables.measures import LEAST_DEGREES, MEASURED, MOST_DEGREES
from episodes.domain.doubts.tables.sites import BY_LENGTH, PAIRED, PARTS, SIDES
from episodes.domain.doubts.tables.units import Quantity, quantity


def test_every_measure_and_every_place_has_its_row() -> None:
    assert set(MEASURED) == MEASURES.codes - {OTHER}
    assert set(SIDES) == BODY_SITES.codes - {OTHER}
    assert set(SIDES) >= PAIRED
    for places in (*PARTS.values(), BY_LENGTH):
        assert places <= BODY_SITES.codes


@pytest.mark.parametrize("code", MEASURED)
def test_the_ends_of_a_measure_are_in_order_and_tell_their_source(code: str) -> None:
    usual = MEASURED[code]
    assert usual.source
    assert all(low < high for low, high in usual.ends.values())
    assert usual.moves == (code == "range_of_motion" or "." in code)
    if "." in code:
        assert usual.places == PARTS[code.split(".")[0]]
    if Quantity.ANGLE in usual.ends:
        low, high = usual.ends[Quantity.ANGLE]
        assert low == LEAST_DEGREES
        assert 60 <= high <= MOST_DEGREES


def test_every_instrument_has_its_row_in_order_and_with_its_source() -> None:
    assert set(FORMS) == INSTRUMENTS.codes - {OTHER}
    for form in FORMS.values():
        assert form.source
        assert all(low < high for low, high in (form.scores or (0, 1), form.answers or (0, 1)))


@pytest.mark.parametrize(
    ("unit", "measured"),
    [
        ("{score}", Quantity.NUMBER),
        ("{anything at all}", Quantity.NUMBER),
        ("1", Quantity.NUMBER),
        ("points", Quantity.NUMBER),
        ("/10", Quantity.NUMBER),
        ("out of 10", Quantity.NUMBER),
        ("%", Quantity.SHARE),
        ("cm", Quantity.LENGTH),
        ("Centimetres", Quantity.LENGTH),
        ("[in_i]", Quantity.LENGTH),
        ("mm{line}", Quantity.LENGTH),
        ("deg", Quantity.ANGLE),
        ("°", Quantity.ANGLE),
        (" Degrees ", Quantity.ANGLE),
        ("h", Quantity.TIME),
        ("/wk", Quantity.RATE),
        ("/(7.d)", Quantity.RATE),
        ("{headaches}/mo", Quantity.RATE),
        ("d/mo", Quantity.RATE),
        ("days per month", Quantity.RATE),
        ("times a week", Quantity.RATE),
        ("weekly", Quantity.RATE),
        ("kg/cm2", Quantity.OTHER),
        ("mm[Hg]", Quantity.OTHER),
        ("banana", None),
        ("0-10", None),
        ("bananas per week", None),
        ("cm bananas", None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_unit_is_one_of_ucum_or_a_word_that_clinics_use(unit: str, measured: Quantity | None) -> None:
    assert quantity(unit) == measured
