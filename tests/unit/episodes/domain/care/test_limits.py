"""Limits bind: a session that presses harder than was allowed breaks a rule."""

from dataclasses import replace
from typing import Any

import pytest

from episodes.domain.care.limits import pressed_beyond
from episodes.domain.values import Coded, Limits, Screening, ScreeningItem, Site, Technique
from tests.support.episodes.care_facts import (
    FLAGGED,
    READY,
    a_check,
    a_clearance,
    a_correction_of,
    a_flag_clearing,
    a_session,
)
from tests.support.episodes.scenario import Past, given, march, past
from tests.support.episodes.telling import Told

RIGHT_KNEE, LEFT_KNEE = (Site(code="knee", side=side) for side in ("right", "left"))
LIGHT = Limits(pressure=2, sites=(RIGHT_KNEE,))
BEYOND = "pressure-beyond-limits"


def pressing(pressure: int | None = 5, site: Site = RIGHT_KNEE) -> Technique:
    return Technique(code="swedish", site=site, pressure=pressure)


def session(check: Past | None, *techniques: Technique, **said: Any) -> Any:
    named = None if check is None else check.id
    return a_session(march(3, 10), check_id=named, techniques=techniques, duration=None, end=None, **said)


def resting_on(clearance: Past) -> Screening:
    item = ScreeningItem(
        code="recent_surgery", answer="present", judgement="proceed_with_limits", clearance_id=clearance.id
    )
    return Screening(list_version="1", items=(item,))


CLEARED: Past = past(replace(a_clearance, limits=LIGHT), march(2, 12))
CHECKED = past(replace(a_check, screening=resting_on(CLEARED)), march(3, 9, 55))


def test_a_session_over_the_limits_of_a_clearance_that_its_check_names_breaks_a_rule() -> None:
    history = given(*READY, CLEARED, CHECKED)
    history.when(session(CHECKED, pressing())).then_breaches(BEYOND)
    history.when(session(CHECKED, pressing(2))).then_breaches()
    history.when(session(CHECKED, pressing(site=LEFT_KNEE))).then_breaches()
    history.when(session(CHECKED, pressing(None))).then_breaches()


def test_over_those_of_a_clearance_that_its_own_screening_names() -> None:
    plain = past(a_check, march(3, 9, 55))
    history = given(*READY, CLEARED, plain)
    history.when(session(plain, pressing(), screening=resting_on(CLEARED))).then_breaches(BEYOND)
    history.when(session(plain, pressing())).then_breaches()


def test_over_those_of_the_check_itself() -> None:
    limited = past(replace(a_check, limits=Limits(pressure=3)), march(3, 9, 55))
    given(*READY, limited).when(session(limited, pressing(4))).then_breaches(BEYOND)
    given(*READY, limited).when(session(limited, pressing(3))).then_breaches()


def test_over_those_of_a_red_flag_accepted_with_limits_while_that_holds() -> None:
    plain = past(a_check, march(3, 9, 55))
    clearing = replace(a_flag_clearing, flag_id=FLAGGED.id, finding="accepted_with_limits", limits=LIGHT)
    accepted, later = past(clearing, march(2, 13)), past(clearing, march(4, 13))
    given(*READY, FLAGGED, accepted, plain).when(session(plain, pressing())).then_breaches(BEYOND)
    given(*READY, FLAGGED, later, plain).when(session(plain, pressing())).then_breaches(
        "open-red-flag", "check-said-stop"
    )


def test_a_clearance_that_is_corrected_binds_as_it_stands() -> None:
    told = Told(*READY, CLEARED, CHECKED)
    done = past(session(CHECKED, pressing()), march(3, 10))
    told.tell(done)
    assert told.broken(done) == [BEYOND]
    strong = a_correction_of("clearance-recorded.1", replace(a_clearance, limits=replace(LIGHT, pressure=5)))
    told.tell(past(strong, march(5)), about=CLEARED.id)
    assert told.broken(done) == []
    told.agrees()


@pytest.mark.parametrize(
    ("limits", "technique", "beyond"),
    [
        (Limits(pressure=2), pressing(3), True),
        (Limits(pressure=2), pressing(2), False),
        (Limits(sites=(RIGHT_KNEE,), words="not at all"), pressing(5), False),
        (Limits(pressure=2, sites=(LEFT_KNEE,)), pressing(5), False),
        (Limits(pressure=2, sites=(Site(code="knee"),)), pressing(5), True),
        (LIGHT, pressing(5, Site(code="knee")), True),
        (LIGHT, pressing(5, Site(code="knee", side="both")), True),
        (LIGHT, pressing(5, Site(code="whole_body")), True),
        (Limits(pressure=2, sites=(Site(code="whole_body"),)), pressing(5), True),
        (Limits(pressure=2, sites=(Site(code="other", text="scar"),)),
         pressing(5, Site(code="other", text="scar")), True),
        (Limits(pressure=2, sites=(Site(code="other", text="scar"),)),
         pressing(5, Site(code="other", text="heel")), False),
        (Limits(pressure=2, techniques=(Coded(code="deep_tissue"),)), pressing(5), False),
        (Limits(pressure=2, techniques=(Coded(code="swedish", text="as in June"),)), pressing(5), True),
    ],
)  # fmt: skip
def test_limits_apply_to_the_sites_and_techniques_that_they_name(
    limits: Limits, technique: Technique, beyond: bool
) -> None:
    assert pressed_beyond(limits, [technique]) is beyond
