"""Forms of events that came later than their kinds: they load for ever too, beside those of before."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from episodes.domain.event import RecordedEvent
from episodes.domain.vocabulary import evolve
from episodes.event_log.codec import decode
from tests.support.episodes.corpus import FACTS, GOLDEN
from tests.support.episodes.golden_events import KEYS, golden, sealed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def changed(kind: str, **said: Any) -> Any:
    return replace(FACTS[kind], **said)


LATER: Mapping[str, tuple[Any, str]] = {
    "a-guardians-consent-that-ends-with-the-birthday": (
        changed(
            "treatment-consented.1",
            signed_at=at("2026-05-04T00:00-07:00"),
            age=17,
            of_age_on=date(2026, 11, 2),
        ),
        "day",
    ),
    "a-consent-that-keeps-whom-it-names": (
        changed(
            "sharing-consented.1", partner_kind="chiropractor", partner_organisation="Harbor Chiropractic"
        ),
        "second",
    ),
    "an-assessment-of-a-year": (FACTS["assessed.1"], "year"),
    "a-red-flag-of-unknown-time": (FACTS["red-flag-raised.1"], "unknown"),
    "a-correction-to-a-month": (
        changed("entry-corrected.1", happened_at=at("2026-05-01T00:00-07:00"), happened_precision="month"),
        "second",
    ),
}


def loaded(name: str) -> RecordedEvent[Any]:
    return decode(sealed(golden(f"later/{name}")), KEYS)


def test_each_has_its_file() -> None:
    assert sorted(path.stem for path in (GOLDEN / "later").glob("*.json")) == sorted(LATER)


@pytest.mark.parametrize("name", LATER)
def test_it_loads_for_ever(name: str) -> None:
    fact, precision = LATER[name]
    assert (loaded(name).fact, loaded(name).metadata.precision) == (fact, precision)


def test_what_was_stored_before_loads_without_what_came_later() -> None:
    consent, sharing = (
        decode(sealed(golden(f"{kind}-consented.1")), KEYS).fact for kind in ("treatment", "sharing")
    )
    assert (consent.age, consent.of_age_on) == (None, None)
    assert (sharing.partner_kind, sharing.partner_organisation) == (None, None)


@pytest.mark.parametrize("name", LATER)
def test_an_episode_goes_on_from_it(name: str) -> None:
    opened = evolve(None, decode(sealed(golden("episode-opened.1")), KEYS))
    assert evolve(opened, loaded(name)).version == loaded(name).metadata.version
