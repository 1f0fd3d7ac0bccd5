"""What happened in three days of care, drawn from the seed: facts so close that each may hold or not when
another happened, each known as exactly as a tablet says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from episodes.domain.care.amendments import EntryCorrected
from episodes.domain.care.openings import Complaint, EpisodeOpened
from episodes.domain.care.red_flags import RedFlagRaised
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.time import PRECISIONS
from episodes.domain.values import Given
from episodes.domain.vocabulary import BY_FACT, BY_RESOURCE
from episodes.recording.commands import Circumstances
from tests.simulation.log import CLIENT, THERAPIST, ZONE
from tests.support.episodes import care_facts
from tests.support.episodes.refusal_table_rest import ROWS

BEFORE = datetime(2026, 2, 2, 9, tzinfo=ZoneInfo(ZONE))
"""When the episode was opened and the client assessed; what the tablets send came after it."""

FIRST = datetime(2026, 2, 24, tzinfo=ZoneInfo(ZONE))
"""The first moment of what they send, but for what permits care."""
_DAYS = (24, 25, 26)
_EARLY = (22, 23, 24)
"""The days of what permits care."""
_MINUTES = (0, 540, 545, 600, 720, 1_439)
_EXACT = ("second", "minute")
_THE_END_OF_A_HOLD = next(
    BY_RESOURCE[resource].fact() for resource, row in ROWS.items() if row.needs == row.ends == ("hold",)
)


@dataclass(frozen=True, eq=False, slots=True)
class Dated:
    """A fact to send, and what is said beside it. It can only be sent once it is known under which id that is
    recorded which it names: what it is `about`, or the `check` of a session.
    """

    draft: Any
    beside: Circumstances
    about: "Dated | None" = None
    check: "Dated | None" = None

    @property
    def named(self) -> tuple["Dated", ...]:
        return tuple(one for one in (self.about, self.check) if one is not None)


def opening(random: Random) -> EpisodeOpened:
    """The client is of age, comes of age in a later year, or told no age."""
    complaint = Complaint(category="chronic_pain")
    return EpisodeOpened(
        client=CLIENT, therapist=THERAPIST, complaint=complaint, age=random.choice((None, 16, 40, 40))
    )


def story(random: Random) -> list[Dated]:
    """Most of what can happen, in no order: some of it is left out, with all that names it."""
    care = _sound_care(random) if random.random() < 0.5 else _care(random)
    flag, hold = _at(random, care_facts.a_flag()), _at(random, care_facts.a_hold)
    withdrawal = _at(random, TreatmentConsentWithdrawn(), care[0])
    spared = [one for one in (flag, hold, withdrawal) if random.random() < 0.5]
    facts = [
        *care,
        flag,
        hold,
        *(_at(random, _clearing(random), flag) for _ in range(2)),
        withdrawal,
        _at(random, _THE_END_OF_A_HOLD, hold),
        _at(random, ResponseNoted(note="sore for a day")),
    ]
    left_out = {*spared, *random.sample(facts, random.randint(0, 2))}
    return [one for one in facts if left_out.isdisjoint((one, *one.named))]


def _sound_care(random: Random) -> list[Dated]:
    """A consent, a plan and two sessions, each after its check: of itself it breaks no rule, so that what
    else happens breaks one and may prove that false.
    """
    signed = care_facts.a_consent(BEFORE)
    exactly = Circumstances(occurred_at=BEFORE)
    days = [datetime(2026, 2, day, 9, tzinfo=ZoneInfo(ZONE)) for day in _DAYS[1:]]
    checks = [Dated(care_facts.a_check, Circumstances(occurred_at=at)) for at in days]
    sessions = [
        Dated(care_facts.a_session(at + timedelta(minutes=5), visit=visit), Circumstances(), check=check)
        for at, check, visit in zip(days, checks, _visits(random), strict=False)
    ]
    return [Dated(signed, Circumstances()), Dated(care_facts.a_plan, exactly), *checks, *sessions]


def _care(random: Random) -> list[Dated]:
    consents = [_consent(random) for _ in range(2)]
    checks = [_at(random, care_facts.a_check), _at(random, drawn_check(random))]
    on = (*checks, random.choice((None, *checks)))
    sessions = [_session(random, one, visit) for one, visit in zip(on, _visits(random), strict=True)]
    return [*consents, _at(random, care_facts.a_plan, days=_EARLY), *checks, *sessions]


def correction(random: Random, of: Any, check: UUID | None) -> EntryCorrected:
    """The fact `of` told otherwise: at another time, or with another content. A session keeps its visit."""
    at, precision = _moment(random), _precision(random)
    name = BY_FACT[type(of)].name
    if isinstance(of, SessionDelivered):
        drawn = _given(random, at, precision)
        replacement = replace(drawn, visit=of.visit, check_id=check)
        return care_facts.a_correction_of(name, replacement, happened_precision=_told_with(precision))
    replacement = of if random.random() < 0.5 else _otherwise(random, of)
    return care_facts.a_correction_of(name, replacement, happened_at=at, happened_precision=precision)


def drawn_check(random: Random) -> SessionChecked:
    return random.choice((*[care_facts.a_check] * 4, care_facts.judged("stop"), care_facts.judged(None)))


def _otherwise(random: Random, of: Any) -> Any:
    match of:
        case SessionChecked():
            return drawn_check(random)
        case RedFlagRaised():
            return care_facts.a_flag(holds_care=not of.holds_care)
        case _:
            return of


def _at(random: Random, draft: Any, about: Dated | None = None, days: Sequence[int] = _DAYS) -> Dated:
    beside = Circumstances(occurred_at=_moment(random, days), precision=_precision(random))
    return Dated(draft, beside, about)


def _consent(random: Random) -> Dated:
    by = random.choice(("client", "client", "guardian", "representative"))
    fact = replace(care_facts.a_consent(_moment(random, _EARLY)), given=Given(by=by))
    return Dated(fact, Circumstances(precision=_precision(random)))


def _clearing(random: Random) -> Any:
    last = random.choice((None, *(date(2026, 2, day) for day in _DAYS)))
    return replace(care_facts.a_flag_clearing, valid_until=last)


def _session(random: Random, check: Dated | None, visit: UUID | None) -> Dated:
    """Often on the day of its check and after it, so that it may have broken no rule; or long before it."""
    precision, at = _precision(random), _moment(random)
    if check is not None and random.random() < 0.6:
        assert check.beside.occurred_at is not None
        at = check.beside.occurred_at + timedelta(minutes=random.choice((0, 5, 60, -720)))
    fact = replace(_given(random, at, precision), visit=visit)
    return Dated(fact, Circumstances(precision=_told_with(precision)), check=check)


def _given(random: Random, at: datetime, precision: str) -> SessionDelivered:
    """A session at that time; of one that is known less exactly the start is not told."""
    technique = random.choice((*[care_facts.SWEDISH] * 7, care_facts.DEEP_TISSUE))
    fact = care_facts.a_session(at, techniques=(technique,))
    return fact if precision in _EXACT else replace(fact, start=None, end=None)


def _told_with(precision: str) -> str | None:
    """The precision to say of a session, whose start says that it is of the minute."""
    return None if precision in _EXACT else precision


def _visits(random: Random) -> list[UUID | None]:
    return [UUID(int=random.getrandbits(128)) if random.random() < 0.5 else None for _ in range(3)]


def _moment(random: Random, days: Sequence[int] = _DAYS) -> datetime:
    midnight = datetime(2026, 2, random.choice(days), tzinfo=ZoneInfo(ZONE))
    return midnight + timedelta(minutes=random.choice(_MINUTES))


def _precision(random: Random) -> str:
    """Most are exact: what is known less exactly often cannot be told from what it touches."""
    return random.choice((*_EXACT * 6, *PRECISIONS))
