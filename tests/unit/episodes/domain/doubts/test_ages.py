"""Ages that contradict the directory's birth date, or what a consent was judged by, are warned of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from episodes.domain.care.amendments import EntryAddedTo, EntryCorrected
from episodes.domain.care.treatment_consents import TreatmentConsented, TreatmentConsentWithdrawn
from episodes.domain.values import Given
from tests.support.episodes.batches import a_batch, an_episode_of, command, told_of, warned
from tests.support.episodes.care_facts import OPENED, a_check, a_consent, a_sharing_consent, an_episode
from tests.support.episodes.scenario import CLIENT, EPISODE, NETWORK, Past, march, past

ANOTHER = ("age-contradicts-birth-date", "/age")
GROWN_UP = ("age-contradicts-birth-date", "/given/by")
ALONE = ("consent-of-a-minor-alone", "/given/by")
OTHERWISE = ("age-says-otherwise", "")


def warned_of(draft: Any, born: str | None, after: Sequence[Past] = (OPENED,), **more: Any) -> Any:
    opens = draft is an_episode or draft.__class__ is an_episode.__class__
    known = told_of(*([] if opens else [an_episode_of(*after)]))
    known.rows["clients", NETWORK, CLIENT] = {"born": born}
    return warned(a_batch(known), command(draft, None if opens else EPISODE, **more))


@pytest.mark.parametrize(
    ("born", "age", "warns"),
    [
        ("2012-06-01", 40, True),
        ("2012-06-01", 13, False),
        ("2012-06-01", 14, True),
        ("2012", 13, False),
        ("2012", 14, False),
        ("2012", 15, True),
        ("2012", 12, True),
        ("2012", None, False),
        (None, 40, False),
        ("nonsense", 40, False),
    ],
)
def test_an_age_that_the_birth_date_rules_out_is_warned_of(born: Any, age: Any, warns: bool) -> None:
    assert warned_of(replace(an_episode, age=age), born) == [ANOTHER] * warns


def test_so_is_one_that_a_correction_or_an_addition_states() -> None:
    corrected = EntryCorrected(
        reason_code="wrong_value", reason="misheard", replacement=replace(an_episode, age=40)
    )
    added = EntryAddedTo(of="episode-opened.1", added={"age": 40})
    for draft, pointer in ((corrected, "/replacement/age"), (added, "/added/age")):
        found = warned_of(draft, "2012", about=OPENED.id)
        assert found == [("age-contradicts-birth-date", pointer)]


def consent(by: str, **said: Any) -> TreatmentConsented:
    return replace(a_consent(march(2, 9, 30)), given=Given(by=by), **said)


@pytest.mark.parametrize(
    ("by", "born", "told", "warning"),
    [
        ("client", "2012", None, [ALONE]),
        ("client", "1980", None, []),
        ("client", "1980", 15, []),
        ("client", None, 15, [ALONE]),
        ("client", None, None, []),
        ("guardian", "2012", 40, []),
        ("guardian", "1980", None, [GROWN_UP]),
        ("guardian", None, 40, [GROWN_UP]),
        ("guardian", None, None, []),
        ("representative", "2012", None, []),
        ("representative", "1980", None, []),
    ],
)
def test_a_consent_of_a_minor_alone_or_of_a_guardian_for_one_of_age_is_warned_of(
    by: str, born: Any, told: Any, warning: Any
) -> None:
    after = [past(replace(an_episode, age=told), march(2, 9))]
    assert warned_of(consent(by), born, after) == warning


def at_a_check(draft: TreatmentConsented, born: str | None, day: int, *more: Past, age: Any = None) -> Any:
    opened = past(replace(an_episode, age=age), datetime.fromisoformat("2025-03-20T09:00:00-07:00"))
    signed = past(draft, draft.signed_at)
    withdrawn = [replace(one, fact=replace(one.fact, consent_id=signed.id)) for one in more]
    asked = {"occurred_at": march(day, 10)}
    return warned_of(a_check, born, [opened, signed, *withdrawn], said=asked)


@pytest.mark.parametrize(
    ("draft", "born", "day", "warns"),
    [
        (consent("client", age=40), "2012", 10, True),
        (consent("client", age=13), "1980", 10, True),
        (consent("client", age=40), "1981", 10, False),
        (consent("client", age=40), None, 10, False),
        (consent("client"), "2012", 10, True),
        (consent("client"), "1980", 10, False),
        (consent("representative", age=40), "2012", 10, False),
        (consent("guardian", age=13), "2008-03-09", 10, True),
        (consent("guardian", age=13), "2008-03-11", 10, False),
        (consent("guardian", age=17, of_age_on=date(2026, 3, 5)), "2008-03-05", 10, False),
        (consent("guardian", age=17, of_age_on=date(2026, 3, 5)), "2010-03-05", 10, True),
        (consent("guardian", age=17, of_age_on=date(2026, 3, 12)), "2010-03-05", 10, False),
        (consent("guardian", age=40), "1980", 10, False),
    ],
)
def test_a_check_warns_where_a_consent_would_count_otherwise_now(
    draft: TreatmentConsented, born: Any, day: int, warns: bool
) -> None:
    assert at_a_check(draft, born, day) == [OTHERWISE] * warns


def test_it_warns_of_no_consent_of_another_time() -> None:
    gone = past(TreatmentConsentWithdrawn(effective_from=march(5)), march(5))
    assert at_a_check(consent("client", age=40), "2012", 4, gone) == [OTHERWISE]
    assert not at_a_check(consent("client", age=40), "2012", 10, gone)
    outgrown = consent("guardian", age=17, of_age_on=date(2026, 3, 7))
    assert not at_a_check(outgrown, "2010", 10, gone)
    short = replace(outgrown, expires_on=date(2026, 3, 8))
    assert at_a_check(short, "2010", 8) == [OTHERWISE]
    assert not at_a_check(short, "2010", 9)


def test_a_guardians_consent_outgrown_by_the_age_told_and_not_by_the_birth_date_is_told_of() -> None:
    assert at_a_check(consent("guardian"), "2009", 25, age=17) == [OTHERWISE]
    assert not at_a_check(consent("guardian"), "2008-03-21", 25, age=17)


def test_a_minor_who_alone_consents_to_share_is_marked() -> None:
    for by, born, warns in (("client", "2012", True), ("guardian", "2012", False), ("client", "1980", False)):
        told = replace(a_sharing_consent(), given=Given(by=by))
        assert (ALONE in warned_of(told, born)) is warns


def test_an_opening_before_the_birth_is_marked() -> None:
    found = warned_of(an_episode, "2026-03-10", said={"occurred_at": march(2)})
    assert ("age-contradicts-birth-date", "/occurred_at") in found


def test_a_birth_date_that_can_be_none_counts_as_unknown() -> None:
    for born in ("2199-01-01", "1850-01-01"):
        assert ALONE not in warned_of(consent("client"), born)


def test_no_age_is_sealed_into_a_consent_of_unknown_time() -> None:
    assert ALONE not in warned_of(consent("client"), "2012", said={"precision": "unknown"})
