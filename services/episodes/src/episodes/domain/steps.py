"""The table of the vocabulary: one line for each kind of event and the command that records it.

`name` is what is stored, for ever: it is data, not a Python path. Never reuse or change one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from episodes.domain import (
    assessing,
    checking,
    closing,
    consenting,
    flagging,
    opening,
    planning,
    responding,
    sharing,
    treating,
)
from episodes.domain.deciding import Asked, Decide, Decided, refuse_future
from episodes.domain.envelope import Recorded, Redacted
from episodes.domain.episode import Episode, blank
from episodes.domain.refusals import RuleBroken
from episodes.domain.time import When, compare

Evolve = Callable[[Episode, Recorded[Any]], Episode]
NEVER, OF_BEFORE, ALWAYS = "never", "of the time before", "always"


def _nothing_more(episode: Episode, entry: Recorded[Any]) -> Episode:
    return episode


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of event. `resource` is the command's path and its name in the role table.

    `kind` is the class of facts a client consents to share, none if it goes to no partner.
    `after_closing` says whether it may be recorded once the episode is closed.
    `own_time` reads the time the fact itself states, if it has one, and `time_at` says in which field.
    `most_events` is how many one command may record.
    """

    name: str
    fact: type[Any]
    resource: str
    decide: Decide
    evolve: Evolve = _nothing_more
    kind: str | None = None
    after_closing: str = NEVER
    own_time: Callable[[Any, str], When] | None = None
    time_at: str = "/occurred_at"
    most_events: int = 1


STEPS: tuple[Step, ...] = (
    Step(
        "episode-opened.1", opening.EpisodeOpened, "episodes", opening.open_episode, opening.opened, "opening"
    ),
    Step(
        "treatment-consented.1",
        consenting.TreatmentConsented,
        "treatment-consents",
        consenting.consent,
        consenting.consented,
        own_time=lambda draft, zone: When.of(draft.signed_at, "second", zone),
        time_at="/signed_at",
    ),
    Step(
        "assessed.1",
        assessing.Assessed,
        "assessments",
        assessing.assess,
        kind="assessments",
        after_closing=OF_BEFORE,
    ),
    Step("plan-set.1", planning.PlanSet, "plans", planning.set_plan, planning.plan_begun, "plans"),
    Step(
        "plan-refined.1",
        planning.PlanRefined,
        "plan-refinements",
        planning.refine_plan,
        planning.plan_begun,
        "plans",
    ),
    Step(
        "session-checked.1",
        checking.SessionChecked,
        "session-checks",
        checking.check_session,
        kind="screening",
        after_closing=OF_BEFORE,
        most_events=2,
    ),
    Step(
        "session-delivered.1",
        treating.SessionDelivered,
        "sessions",
        treating.deliver,
        kind="sessions",
        after_closing=OF_BEFORE,
        own_time=treating.session_time,
        time_at="/date_of_service",
    ),
    Step(
        "session-not-delivered.1",
        treating.SessionNotDelivered,
        "missed-sessions",
        treating.not_delivered,
        kind="sessions",
        after_closing=OF_BEFORE,
    ),
    Step(
        "response-noted.1",
        responding.ResponseNoted,
        "responses",
        responding.note_response,
        kind="responses",
        after_closing=ALWAYS,
    ),
    Step(
        "red-flag-raised.1",
        flagging.RedFlagRaised,
        "red-flags",
        flagging.raise_flag,
        flagging.flag_open,
        "flags",
        after_closing=ALWAYS,
    ),
    Step(
        "sharing-consented.1",
        sharing.SharingConsented,
        "sharing-consents",
        sharing.consent_to_share,
        sharing.sharing_begun,
    ),
    Step(
        "sharing-withdrawn.1",
        sharing.SharingWithdrawn,
        "sharing-consents/{about}/withdrawal",
        sharing.withdraw_sharing,
        sharing.sharing_ended,
        after_closing=ALWAYS,
    ),
    Step("episode-closed.1", closing.EpisodeClosed, "closure", closing.close, closing.closed, "closure"),
)

BY_FACT: Mapping[type[Any], Step] = MappingProxyType({step.fact: step for step in STEPS})
BY_NAME: Mapping[str, Step] = MappingProxyType({step.name: step for step in STEPS})
BY_RESOURCE: Mapping[str, Step] = MappingProxyType({step.resource: step for step in STEPS})


def decide(episode: Episode, asked: Asked[Any]) -> list[Decided]:
    """The facts a command records. Raises `Refused`; then nothing is recorded."""
    step = BY_FACT[type(asked.draft)]
    refuse_future(asked.when, asked.now, step.time_at)
    _refuse_after_closing(episode, step, asked.when)
    return step.decide(episode, asked)


def evolve(episode: Episode | None, entry: Recorded[Any]) -> Episode:
    """The state after one more event. Never refuses, and gives the same state at every replay."""
    advanced = (episode or blank(entry)).advanced(entry)
    if isinstance(entry.fact, Redacted):
        return advanced
    return BY_FACT[type(entry.fact)].evolve(advanced, entry)


def _refuse_after_closing(episode: Episode, step: Step, when: When) -> None:
    if episode.closed_at is None or step.after_closing == ALWAYS:
        return
    if step.after_closing == NEVER or compare(when, episode.closed_at) > 0:
        raise RuleBroken("episode-closed")
