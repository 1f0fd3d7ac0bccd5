"""The same dated facts end in the same judgements, in whatever order they arrive."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.domain.births import Born
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.decision import Known
from episodes.domain.refusals import Refused
from episodes.domain.time import PRECISIONS, When
from episodes.domain.values import Given
from tests.support.effort import usually
from tests.support.episodes import care_facts
from tests.support.episodes.scenario import ZONE, Past, march, past
from tests.support.episodes.telling import Told

Fact = tuple[Past, UUID | None]
"""A fact and the entry that it is about."""

thorough = settings(max_examples=usually(150, 1_500), deadline=None, suppress_health_check=list(HealthCheck))
moments = st.builds(
    lambda day, minutes: march(day) + timedelta(minutes=minutes),
    st.sampled_from(range(3, 6)),
    st.sampled_from([0, 540, 545, 600, 720, 1_439]),
)
precisions = st.sampled_from(PRECISIONS)
ages = st.sampled_from([None, 15, 17, 40])
births = st.sampled_from([None, "2008-03-04", "2008-03-05", "2008-03", "2012", "1980"]).map(
    lambda text: None if text is None else Born.of(text)
)
"""Among them ages and birth dates by which the client comes of age within the three days."""


@st.composite
def dated(draw: st.DrawFn) -> list[Fact]:
    """Facts of three days, so close that each may hold or not when another happened."""

    def at(fact: Any) -> Past:
        return Past(fact, When.of(draw(moments), draw(precisions), ZONE))

    def consent() -> Past:
        by = draw(st.sampled_from(["client", "client", "guardian", "representative"]))
        fact = replace(care_facts.a_consent(draw(moments)), given=Given(by=by))
        return Past(fact, When.of(fact.signed_at, draw(precisions), ZONE))

    consents, plan = [consent(), consent()], at(care_facts.a_plan)
    checks = [
        at(care_facts.a_check),
        at(draw(st.sampled_from([care_facts.a_check, care_facts.judged("stop")]))),
    ]
    flag, hold = at(care_facts.a_flag()), at(care_facts.a_hold)
    withdrawals = [
        Past(TreatmentConsentWithdrawn(effective_from=draw(moments)), When.of(march(6), "second", ZONE))
        for _ in range(2)
    ]
    last_days = st.none() | st.sampled_from([date(2026, 3, day) for day in (3, 4, 5)])
    clearings = [at(replace(care_facts.a_flag_clearing, valid_until=draw(last_days))) for _ in range(2)]
    facts: list[Fact] = [(one, None) for one in (*consents, plan, *checks, flag, hold)]
    facts += [(one, consents[0].id) for one in withdrawals]
    facts += [(one, flag.id) for one in clearings]
    facts += [(_session(draw, [None, *(one.id for one in checks)]), None) for _ in range(3)]
    chosen = draw(st.lists(st.sampled_from(range(len(facts))), min_size=9, unique=True))
    return list({facts[place][0].id: facts[place] for place in sorted(chosen)}.values())


def _session(draw: st.DrawFn, checks: Sequence[UUID | None]) -> Past:
    start: datetime = draw(moments)
    precision = draw(precisions)
    fact = care_facts.a_session(start, check_id=draw(st.sampled_from(checks)))
    if precision not in ("second", "minute"):
        fact = replace(fact, start=None, end=None)
    return Past(fact, When.of(start, precision, ZONE))


def told(facts: Sequence[Fact], age: int | None, known: Known) -> tuple[Told, list[Fact]]:
    """The episode to which they are told, and those that were not refused."""
    opened = past(
        replace(care_facts.an_episode, age=age), datetime.fromisoformat("2025-03-04T09:00:00-08:00")
    )
    episode, recorded = Told(opened, care_facts.BASELINE, known=known), list[Fact]()
    for fact, about in facts:
        with suppress(Refused):
            episode.tell(fact, about)
            recorded.append((fact, about))
    return episode, recorded


def judgements(episode: Told) -> dict[UUID, frozenset[str]]:
    return {
        entry.metadata.event_id: frozenset(breach.rule for breach in entry.fact.breaches)
        for entry in episode.episode.of(SessionDelivered)
    }


@thorough
@given(dated().flatmap(st.permutations), ages, births, st.randoms(use_true_random=False))
def test_in_any_order_of_arrival_the_judgements_are_the_same(
    facts: list[Fact], age: int | None, born: Born | None, chance: Random
) -> None:
    first, recorded = told(facts, age, Known(born=born))
    first.agrees()
    for _ in range(5):
        second, again = told(chance.sample(recorded, len(recorded)), age, Known(born=born))
        second.agrees()
        if len(again) == len(recorded):
            assert judgements(second) == judgements(first)
