"""Histories of one episode, drawn by hypothesis: likely commands of every kind, in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from episodes.domain.care.amendments import AmendmentRefused, EntryAttested
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.referrals import PartnerReported, ReferralWithdrawn
from episodes.domain.care.responses import ResponseNoted
from episodes.domain.care.sessions import SessionNotDelivered
from episodes.domain.care.sharing_consents import SharingWithdrawn
from episodes.domain.care.treatment_consents import TreatmentConsentWithdrawn
from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.refusals import Refused
from episodes.domain.time import PRECISIONS, When
from episodes.domain.vocabulary import BY_FACT, STEPS, decide, evolve, judged_anew
from tests.support.episodes import care_facts
from tests.support.episodes.drafts import draft
from tests.support.episodes.random_facts import IDS, drawn
from tests.support.episodes.scenario import (
    CLINIC,
    COLLEAGUE,
    OTHER_CLINIC,
    PARTNER,
    SUBJECT,
    THERAPIST,
    ZONE,
    march,
    past,
    recorded,
    replayed,
)
from tests.support.vocabulary_page import COMMANDS, LINES

ZONES = {CLINIC: ZONE, OTHER_CLINIC: "America/New_York"}
OTHER_PARTNER = UUID(int=10)

_ABOUT = {line.event: COMMANDS[line.about].event for line in LINES if line.about is not None}


@dataclass(frozen=True)
class DrawnCommand:
    """A drawn command. `pick` chooses what it is about, `later` is the time since the previous one."""

    draft: Any
    at: datetime
    precision: str
    pick: int
    later: timedelta
    labels: tuple[str, ...] = ()
    imported: bool = False


@dataclass(frozen=True)
class Happened:
    """The outcome of a command: the events it recorded, or its refusal; and the state before and after."""

    command: DrawnCommand
    before: Episode
    episode: Episode
    entries: Sequence[RecordedEvent[Any]]
    refusal: Refused | None = None
    asked: Command[Any] | None = None
    """The command as it was decided; none for the opening, which was decided on nothing."""


class Story:
    """The outcomes of the commands, in order. Its printed form is short, to be read when a test fails."""

    def __init__(self, happened: Sequence[Happened]) -> None:
        self._happened = happened

    def __iter__(self) -> Iterator[Happened]:
        return iter(self._happened)

    @property
    def events(self) -> list[RecordedEvent[Any]]:
        return [entry for happened in self for entry in happened.entries]

    def __repr__(self) -> str:
        lines = [f"  {type(one.command.draft).__name__}: {_came_to(one)}" for one in self]
        return "\n".join(["Story:", *lines])


def _came_to(happened: Happened) -> str:
    told = (
        f"{one.metadata.type} of {one.metadata.when.at} {one.metadata.precision}" for one in happened.entries
    )
    return str(happened.refusal or ", ".join(told))


_sessions = [care_facts.a_session(march(day, 10)) for day in (3, 9, 25)]
_assessments = [replace(care_facts.a_baseline, stage=stage) for stage in ("baseline", "exit")]
_consents = [
    care_facts.a_consent(march(1, 9)),
    care_facts.a_consent(march(2, 9), expires_on=date(2026, 3, 20)),
]
_clearings = [replace(care_facts.a_flag_clearing, valid_until=day) for day in (None, date(2026, 3, 15))]
_clearances = [replace(care_facts.a_clearance, valid_until=day) for day in (None, date(2026, 3, 12))]
_answers = [replace(care_facts.an_acceptance, accepted=accepted) for accepted in (True, False)]
_kinds = ("sessions", "referrals")

_FLAGS = (
    care_facts.a_flag(),
    care_facts.judged("stop"),
    *_clearings,
    care_facts.a_correction_of("red-flag-raised.1", care_facts.a_flag(holds_care=False)),
    care_facts.a_correction_of("red-flag-raised.1", care_facts.a_flag(), happened_at=march(4, 8)),
)
_TURNS = tuple(
    draft(step)
    for step in STEPS
    if step.offered and step.kind in ("opening", "closure") and step.fact is not EpisodeOpened
)
"""What becomes of the episode itself: paused, going on, handed over, closed, open again."""
_STATUSES = (
    *_TURNS,
    care_facts.a_transfer(),
    care_facts.a_transfer(clinic=OTHER_CLINIC),
    care_facts.a_transfer(THERAPIST),
    care_facts.a_correction_of(
        "episode-opened.1", replace(care_facts.an_episode, therapist=COLLEAGUE, age=50)
    ),
)
_PLANS = (
    *_consents,
    *_assessments,
    *_sessions,
    care_facts.a_plan,
    care_facts.a_check,
    *(care_facts.a_refinement(planned_sessions=sessions) for sessions in (3, 4)),
    care_facts.a_refinement("clinical", planned_sessions=5, evidence=(IDS[2],)),
    TreatmentConsentWithdrawn(),
    TreatmentConsentWithdrawn(effective_from=march(20, 12)),
    SessionNotDelivered(planned_start=march(9, 10), reason="no_show"),
    ResponseNoted(note="sore for a day"),
)
_PARTNERS = (
    *(care_facts.a_sharing_consent(kinds=_kinds, partner=partner) for partner in (PARTNER, OTHER_PARTNER)),
    care_facts.a_sharing_consent(kinds=_kinds, until=march(20)),
    SharingWithdrawn(),
    SharingWithdrawn(effective_from=march(31, 23)),
    care_facts.a_referral(),
    *_answers,
    *(care_facts.a_correction_of("referral-answered.1", one) for one in _answers),
    ReferralWithdrawn(reason="better already"),
    PartnerReported(author=care_facts.a_physician, partner=PARTNER),
)
_AMENDMENTS = (
    *_assessments,
    *_sessions,
    *_clearances,
    *(care_facts.a_correction_of("assessed.1", one) for one in _assessments),
    *(care_facts.a_correction_of("session-delivered.1", one) for one in _sessions),
    *(care_facts.a_correction_of("clearance-recorded.1", one) for one in _clearances),
    care_facts.a_correction_of("session-checked.1", care_facts.judged("stop")),
    care_facts.a_correction_of(
        "assessed.1", care_facts.a_baseline, happened_at=march(6), happened_precision="day"
    ),
    care_facts.a_correction_of("clearance-recorded.1", care_facts.a_clearance, performed_by=COLLEAGUE),
    care_facts.an_addition_to("session-delivered.1", position="prone"),
    care_facts.an_addition_to("assessed.1", history="fell in winter"),
    care_facts.an_addition_to("clearance-recorded.1", valid_until=date(2026, 3, 25)),
    care_facts.a_retraction,
    EntryAttested(events=(IDS[0], IDS[1]), by=COLLEAGUE),
    AmendmentRefused(reason="it was so"),
)
_TO_BOTH = [care_facts.a_sharing_consent(kinds=_kinds, partner=one) for one in (PARTNER, OTHER_PARTNER)]
THEMES: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...] = (
    ((care_facts.a_flag(),), _FLAGS),
    ((), _STATUSES),
    ((care_facts.a_hold,), _TURNS),
    ((care_facts.a_transfer(clinic=OTHER_CLINIC),), (*_STATUSES, *_FLAGS, *_clearances)),
    ((_consents[0], care_facts.a_baseline, care_facts.a_plan), _PLANS),
    ((*_TO_BOTH, care_facts.a_referral()), _PARTNERS),
    ((care_facts.a_baseline, care_facts.a_clearance, care_facts.a_check, _sessions[0]), _AMENDMENTS),
    ((care_facts.a_flag(), care_facts.a_baseline), (*_FLAGS, *_STATUSES, *_PLANS, *_PARTNERS, *_AMENDMENTS)),
)
"""For each theme the facts of the second day and the commands that may follow; the last has them all."""

_BY_FACT = {step.fact: drawn(step.fact) for step in STEPS if step.offered and step.fact is not EpisodeOpened}
anything: st.SearchStrategy[Any] = st.sampled_from(list(_BY_FACT)).flatmap(_BY_FACT.__getitem__)
"""Any fact that the types allow, except an opening, which is always the first event."""

moments: st.SearchStrategy[datetime] = st.builds(
    lambda day, minutes: march(day) + timedelta(minutes=minutes),
    st.sampled_from(range(2, 31)),
    st.sampled_from([0, 125, 540, 720, 1_439]),
)


def commands(drafts: st.SearchStrategy[Any]) -> st.SearchStrategy[DrawnCommand]:
    return st.builds(
        DrawnCommand,
        draft=drafts,
        at=moments,
        precision=st.sampled_from(PRECISIONS),
        pick=st.sampled_from(range(6)),
        later=st.sampled_from([timedelta(0), timedelta(minutes=5), timedelta(days=2)]),
        labels=st.sampled_from([(), (), ("mental_health",)]),
        imported=st.booleans(),
    )


def told(asked: Sequence[DrawnCommand]) -> Story:
    """The outcomes of the opening and of each command after it."""
    now = march(31, 1)
    opening = _entry(
        replayed([]), care_facts.an_episode, When.of(march(1, 8), "minute", ZONE), 0, now, CLINIC
    )
    episode = evolve(None, opening)
    story = [
        Happened(
            DrawnCommand(care_facts.an_episode, now, "second", 0, timedelta(0)), episode, episode, [opening]
        )
    ]
    so_far = [opening]
    for command in asked:
        now += command.later
        happened = _recorded(episode, so_far, command, now)
        episode = happened.episode
        so_far += happened.entries
        story.append(happened)
    return Story(story)


def _recorded(
    episode: Episode, so_far: Sequence[RecordedEvent[Any]], command: DrawnCommand, now: datetime
) -> Happened:
    step, zone = BY_FACT[type(command.draft)], ZONES.get(episode.clinic, ZONE)
    own: Callable[[Any, str], When] | None = step.own_time
    when = own(command.draft, zone) if own else When.of(command.at, command.precision, zone)
    asked = Command(
        draft=command.draft,
        when=when,
        now=now,
        event_ids=IDS[len(so_far) :],
        subject=SUBJECT,
        about=_about(command, so_far),
        imported=command.imported,
    )
    before, entries = episode, list[RecordedEvent[Any]]()
    try:
        decisions = decide(episode, asked)
    except Refused as refusal:
        return Happened(command, before, episode, (), refusal, asked)
    for decided in (decisions, None):
        for item in judged_anew(before, episode, entries) if decided is None else decided:
            labels = tuple(dict.fromkeys((*command.labels, *item.labels)))
            clinic = item.clinic or episode.clinic
            place = len(so_far) + len(entries)
            entry = _entry(episode, item.fact, item.when, place, now, clinic, labels)
            episode = evolve(episode, entry)
            entries.append(entry)
    return Happened(command, before, episode, entries, asked=asked)


def _about(command: DrawnCommand, so_far: Sequence[RecordedEvent[Any]]) -> UUID:
    """An entry of the kind that the command is for, or an amendment of one; any entry if there is none."""
    of = getattr(command.draft, "of", None)
    kind = of or _ABOUT.get(BY_FACT[type(command.draft)].name)
    fitting = [
        one for one in so_far if one.metadata.type == kind or (of and getattr(one.fact, "of", "") == of)
    ]
    among = fitting or so_far
    return among[command.pick % len(among)].metadata.event_id


def _entry(
    episode: Episode,
    fact: Any,
    when: When,
    place: int,
    now: datetime,
    clinic: UUID,
    labels: tuple[str, ...] = (),
) -> RecordedEvent[Any]:
    header = recorded(past(fact, when), place + 1, place + 1).metadata
    return RecordedEvent(replace(header, event_id=IDS[place], recorded_at=now, clinic=clinic), fact, labels)


def _theme(theme: tuple[tuple[Any, ...], tuple[Any, ...]]) -> st.SearchStrategy[Story]:
    there, asked = theme
    before = [DrawnCommand(draft, march(2, 9), "minute", 0, timedelta(0)) for draft in there]
    later = st.lists(commands(st.sampled_from(asked)), min_size=2, max_size=12)
    return later.map(lambda more: told([*before, *more]))


histories: st.SearchStrategy[Story] = st.sampled_from(THEMES).flatmap(_theme)
stranger_histories: st.SearchStrategy[Story] = st.lists(commands(anything), min_size=1, max_size=6).map(told)
