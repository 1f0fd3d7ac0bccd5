"""Readings that look wrong are recorded as told, and the answer warns without a clinical value."""

from dataclasses import replace
from typing import Any

import pytest

from episodes.domain.care.assessments import Assessed
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.doubts.scales import outside
from episodes.domain.doubts.tables.measures import MEASURED
from episodes.domain.doubts.walking import parts_of
from episodes.domain.values import Coded, Reading, ReportedChange, Site
from tests.support.episodes.care_facts import a_hold, a_session
from tests.support.episodes.doubting import warned_of
from tests.support.episodes.scenario import march

Warned = list[tuple[str, str]]
KNEE = Site(code="knee", side="left")
SCORED: dict[str, Any] = {"unit": "{score}", "scale": "NRS 0-10"}
DEGREES: dict[str, Any] = {"unit": "deg", "scale": "goniometer"}


def reading(measure: str, value: float | None = None, site: Site | None = None, **said: Any) -> Reading:
    return Reading(measure=Coded(code=measure), value=value, site=site, **said)


def warned(one: Reading) -> Warned:
    """What is told of one reading, with the pointers below it."""
    told = warned_of(Assessed(stage="ad_hoc", readings=(reading("sleep", finding="normal"), one)))
    assert all(pointer.startswith("/readings/1/") for _, pointer in told)
    return [(rule, pointer.removeprefix("/readings/1/")) for rule, pointer in told]


OUTSIDE, CANNOT_BE = [("outside-its-scale", "value")], [("implausible-value", "value")]
NOT_A_UNIT, OTHER_UNIT = [("unknown-unit", "unit")], [("unit-not-of-the-measure", "unit")]


@pytest.mark.parametrize(
    ("scale", "inside", "beyond"),
    [
        ("NRS 0-10", [0, 7, 10], [-3, 10.5, 45]),
        ("0-10", [0, 10], [-1, 11]),
        ("(0 to 10)", [0, 10], [-1, 11]),
        ("NRS 0–10, neck and headache", [8], [-1, 80]),
        ("VAS 0-100 mm", [0, 100], [-1, 101]),
        ("1,5 - 4.5", [1.5, 4.5], [1.4, 4.6]),
        ("-5 to +5", [-5, 5], [-6, 6]),
        ("10-0", [0, 10], [-1, 11]),
        ("NRS", [0, 10], [-1, 11]),
        ("numeric rating", [0, 10], [-1, 11]),
        ("NRS-101", [0, 100], [-1, 101]),
        ("VAS 10 cm", [0, 10], [-1, 11]),
        ("100 mm line", [0, 100], [-1, 101]),
        ("0-10, within 24-48 h", [10, 30], [11, 50]),
        ("as the client says", [-5, 900], []),
        ("VAS", [-5, 900], []),
        ("VAS, a numerical rating", [45], []),
    ],
)
def test_a_scale_says_its_ends_in_words(scale: str, inside: list[float], beyond: list[float]) -> None:
    assert [outside(value, "{score}", scale) for value in inside] == [False] * len(inside)
    assert [outside(value, "{score}", scale) for value in beyond] == [True] * len(beyond)


@pytest.mark.parametrize(
    ("value", "unit", "scale", "is_outside"),
    [
        (4.8, "cm", "VAS 0-100 mm", False),
        (48, "mm", "VAS 0-10 cm", False),
        (48, "mm", "10 cm line", False),
        (48, "cm", "10 cm line", True),
        (48, "mm", "VAS 0-10", False),
        (4.8, "cm", "VAS 0-100", False),
        (101, "mm", "VAS 0-10", True),
        (101, "mm", "VAS 0-10 cm", True),
        (2, "[in_i]", "VAS 0-10 cm", False),
        (5, "[in_i]", "VAS 0-10 cm", True),
    ],
)
def test_a_line_is_as_long_in_each_unit(value: float, unit: str, scale: str, is_outside: bool) -> None:
    assert outside(value, unit, scale) == is_outside


@pytest.mark.parametrize(
    ("told", "doubted"),
    [
        (reading("pain", 45, **SCORED), OUTSIDE),
        (reading("pain", -3, **SCORED), OUTSIDE),
        (reading("pain", 7, **SCORED), []),
        (reading("pain", -3, unit="{score}", scale="verbal"), CANNOT_BE),
        (reading("pain", 101, unit="{score}", scale="VAS"), CANNOT_BE),
        (reading("pain", 7, unit="banana", scale="x"), NOT_A_UNIT),
        (reading("other", 7, unit="banana", scale="x"), NOT_A_UNIT),
        (reading("function", 7, unit="banana", scale="x"), NOT_A_UNIT),
        (reading("function", 400, unit="m", scale="six minutes' walk"), []),
        (reading("pain", 7, unit="cm", scale="NRS 0-10"), OTHER_UNIT),
        (reading("pain", 7, unit="cm", scale="VAS 0-10 cm"), []),
        (reading("pain", 70, unit="mm", scale="100 mm line"), []),
        (reading("pain", 7, unit="deg", scale="VAS"), OTHER_UNIT),
        (reading("headache_frequency", 5, unit="/wk", scale="per week"), []),
        (reading("headache_frequency", -5, unit="/wk", scale="per week"), CANNOT_BE),
        (reading("headache_frequency", 5, unit="cm", scale="diary"), OTHER_UNIT),
        (reading("knee.extension", -10, KNEE, **DEGREES), []),
        (reading("knee.extension", -60, KNEE, **DEGREES), []),
        (reading("knee.extension", -61, KNEE, **DEGREES), CANNOT_BE),
        (reading("knee.extension", 200, KNEE, **DEGREES), []),
        (reading("knee.extension", 201, KNEE, **DEGREES), CANNOT_BE),
        (reading("knee.extension", -10, KNEE, unit="deg", scale="goniometer 0-180"), []),
        (reading("knee.flexion", 50, KNEE, unit="%", scale="of the other side"), []),
        (reading("knee.flexion", 12, KNEE, unit="cm", scale="tape"), OTHER_UNIT),
        (reading("range_of_motion", 12, KNEE, unit="cm", scale="tape"), OTHER_UNIT),
        (reading("range_of_motion", 12, unit="cm", scale="tape"), OTHER_UNIT),
        (reading("range_of_motion", 12, Site(code="lumbar_spine"), unit="cm", scale="Schober"), []),
        (reading("thoracolumbar.flexion", -12, unit="cm", scale="fingertip to floor"), []),
        (reading("jaw.opening", 42, unit="mm", scale="ruler"), []),
        (reading("jaw.opening", 4.2, unit="cm", scale="cm"), []),
        (reading("jaw.opening", 1.7, unit="[in_i]", scale="in"), []),
        (reading("jaw.opening", 42, unit="cm", scale="cm"), CANNOT_BE),
        (reading("jaw.opening", -1, unit="mm", scale="ruler"), CANNOT_BE),
        (reading("jaw.opening", 42, unit="deg", scale="ruler"), OTHER_UNIT),
        (reading("sleep", mode="active", finding="normal"), [("mode-without-motion", "mode")]),
        (reading("sleep", mode="unknown", finding="normal"), []),
        (reading("pain", 3, mode="passive", **SCORED), []),
    ],
)
def test_a_reading_is_held_against_its_scale_its_unit_and_what_can_be(told: Reading, doubted: Warned) -> None:
    assert warned(told) == doubted


@pytest.mark.parametrize(
    ("unit", "doubted"),
    [
        ("banana", [("unknown-unit", "reported_change/unit")]),
        ("cm", [("unit-not-of-the-measure", "reported_change/unit")]),
        ("deg", []),
        ("%", []),
    ],
)
def test_a_change_has_a_unit_as_well(unit: str, doubted: Warned) -> None:
    change = ReportedChange(amount=5, unit=unit)
    assert warned(reading("shoulder.flexion", reported_change=change)) == doubted


MISSING = [("missing-side", "site")]
BOTH = [("both-sides-in-one-value", "site/side")]
NO_SUCH_SIDE = [("side-not-of-the-site", "site/side")]
ELSEWHERE = [("site-not-of-the-measure", "site/code")]


def _sided(measure: str, code: str | None, side: str | None, value: float | None = 20) -> Reading:
    site = None if code is None else Site(code=code, side=side)
    said: dict[str, Any] = DEGREES if MEASURED[measure].moves else {"unit": "{score}", "scale": "VAS"}
    return reading(measure, value, site, **said)


@pytest.mark.parametrize(
    ("told", "doubted"),
    [
        (_sided("knee.extension", "knee", "left"), []),
        (_sided("knee.extension", "hamstrings", "unknown"), []),
        (_sided("knee.extension", "knee", None), MISSING),
        (_sided("knee.extension", None, None), MISSING),
        (_sided("knee.extension", "other", None), MISSING),
        (_sided("knee.extension", "knee", "both"), BOTH),
        (_sided("knee.extension", "knee", "midline"), NO_SUCH_SIDE),
        (_sided("knee.extension", "shoulder", "left"), ELSEWHERE),
        (_sided("knee.extension", "whole_body", "left"), ELSEWHERE),
        (_sided("knee.extension", "other", "left"), []),
        (_sided("range_of_motion", "knee", None), MISSING),
        (_sided("range_of_motion", "knee", "both"), BOTH),
        (_sided("range_of_motion", "cervical_spine", None), []),
        (_sided("cervical.rotation", "cervical_spine", "left"), []),
        (_sided("cervical.rotation", None, None), []),
        (_sided("cervical.flexion", "cervical_spine", "left"), NO_SUCH_SIDE),
        (_sided("cervical.flexion", "neck", "midline"), []),
        (_sided("pain", None, None), []),
        (_sided("pain", "knee", None), MISSING),
        (_sided("pain", "knee", "both"), []),
        (_sided("pain", "lumbar_spine", "left"), []),
        (_sided("pain", "lumbar_spine", None), []),
        (_sided("pain", "whole_body", "left"), NO_SUCH_SIDE),
        (_sided("pain", "whole_body", "both"), []),
        (_sided("pain", "knee", "midline"), NO_SUCH_SIDE),
    ],
)
def test_a_reading_is_held_against_its_place_and_side(told: Reading, doubted: Warned) -> None:
    assert warned(told) == doubted


@pytest.mark.parametrize("side", ["both", "midline", None, "unknown"])
def test_the_jaw_opens_once(side: str) -> None:
    jaw = Site(code="temporomandibular_joint", side=side)
    assert not warned(reading("jaw.opening", 3.1, jaw, unit="cm", scale="cm"))


@pytest.mark.parametrize("code", sorted(MEASURED))
def test_each_motion_of_one_of_two_joints_needs_its_side_and_no_other_does(code: str) -> None:
    joint, _, motion = code.partition(".")
    one_of_two = bool(motion) and joint not in ("jaw", "cervical", "thoracolumbar")
    told = {rule for rule, _ in warned(_sided(code, None, None))}
    assert ("missing-side" in told) == one_of_two


def test_any_measure_may_change_by_a_share() -> None:
    assert not warned(reading("headache_frequency", reported_change=ReportedChange(amount=5, unit="%")))


def test_what_was_found_without_a_value_may_be_of_both_sides() -> None:
    assert not warned(reading("shoulder.flexion", site=Site(code="shoulder"), finding="normal"))


@pytest.mark.parametrize(
    "draft",
    [
        a_session(march(2, 10), readings=(reading("pain", 45, **SCORED),)),
        ResponseNoted(readings=(reading("pain", 45, **SCORED),)),
    ],
)
def test_readings_are_found_wherever_a_fact_has_them(draft: Any) -> None:
    assert ("outside-its-scale", "/readings/0/value") in warned_of(draft)


def test_a_part_is_found_at_any_depth_and_a_fact_without_any_is_passed_over() -> None:
    site = replace(KNEE, side="right")
    fact = Assessed(stage="ad_hoc", readings=(reading("pain", site=KNEE), reading("pain", site=site)))
    assert list(parts_of(fact, (Site,))) == [("/readings/0/site", KNEE), ("/readings/1/site", site)]
    assert not list(parts_of(a_hold, (Reading,)))
