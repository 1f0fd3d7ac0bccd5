"""The outcome of each way to send a command wrongly: a table with one row per command.

Written from the vocabulary, not from the code. A cell says what is tried and that it is refused, with rule
and pointer, or recorded, with its breaches; or why it cannot be tried. What a row leaves out is the usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from episodes.http.examples import THERAPIST

Changes = Mapping[str, Any]
DROP = object()
"""In a change: the field is left out."""


@dataclass(frozen=True)
class Try:
    """A request that differs from the valid one by `change`, sent after further steps (`after`).

    `rules` are the breaches stored with the event; with a `verdict` they are its reasons. `bare` leaves out
    the steps that a command needs. `about` names the step that the path refers to.
    """

    status: int = 201
    rules: tuple[str, ...] = ()
    pointer: str = ""
    change: Changes = field(default_factory=dict)
    after: tuple[str, ...] = ()
    bare: bool = False
    about: str | None = None
    verdict: str | None = None


def refused(rule: str, pointer: str = "", change: Changes | None = None, *after: str, **more: Any) -> Try:
    return Try(422, (rule,), pointer, change or {}, after, **more)


def gone(change: Changes | None = None, *after: str, **more: Any) -> Try:
    return Try(404, (), "", change or {}, after, **more)


def recorded(*rules: str, change: Changes | None = None, after: tuple[str, ...] = (), **more: Any) -> Try:
    return Try(201, rules, "", change or {}, after, **more)


@dataclass(frozen=True)
class Row:
    """The cells of one command. A cell that is a text gives the reason why there is no request.

    `names` are the fields that name a row of the directory, with its table, `events` those that name an event
    of the episode, with a step of that kind; `frame` is what those fields stand in. `future` is what puts it
    into the future, refused at `future_at`. `closed` is what the vocabulary's page says, if it is not given.

    `needs` are the steps that must be told before it, beside what its path names; in `body` it differs from
    its example. `ends` are the steps whose events last no longer than until it.
    """

    order: tuple[Try, ...] | str = "nothing need come before it"
    twice: tuple[Try, ...] | str = (Try(),)
    consent: tuple[Try, ...] | str = "it is no treatment: it needs no consent"
    closed: tuple[Try, ...] | str | None = None
    dates: tuple[Try, ...] | str = "states no time of its own, and ends nothing"
    names: Changes = field(default_factory=dict)
    events: Changes = field(default_factory=dict)
    frame: Changes = field(default_factory=dict)
    own_time: bool = False
    future: Changes = field(default_factory=lambda: {"/occurred_at": "@tomorrow"})
    future_at: str = "/occurred_at"
    needs: tuple[str, ...] = ()
    body: Changes = field(default_factory=dict)
    ends: tuple[str, ...] = ()


NEVER = (refused("episode-closed", "", {}, "closure"), refused("episode-closed", "", {}, "early closure"))
ALWAYS = (recorded(after=("closure",)), recorded(after=("evening closure",)))
"""Recorded once the episode is closed, whether it happened before the closing or after."""

LAST_YEAR, SEPTEMBER_1, SEPTEMBER_4 = "2025-12-31T09:00:00Z", "2026-09-01T10:00:00Z", "2026-09-04T10:00:00Z"
OLD_DAY = "2025-12-31"
SCREENING = {"list_version": "1", "items": [{"code": "fever", "answer": "absent"}]}
CLEARANCE = "/screening/items/0/clearance_id"


def of_before(change: Changes | None = None, verdict: str | None = None) -> tuple[Try, ...]:
    """Accepted if it happened before the closing, refused if after it."""
    return (
        recorded(change=change, after=("closure",), verdict=verdict),
        refused("episode-closed", "", change, "early closure"),
    )


AFTER_CLOSING = {
    "never": NEVER,
    "of the time before": of_before({"/occurred_at": SEPTEMBER_4}),
    "always": ALWAYS,
}

CARE: Mapping[str, Row] = {
    "episodes": Row(
        body={"/client": "@client", "/clinic": "@clinic", "/occurred_at": "2026-01-05T09:00:00-08:00"},
        names={
            "/clinic": "clinics",
            "/client": "clients",
            "/therapist": "staff",
            "/performer": "staff",
            "/referral/partner": "partners",
        },
        frame={"/referral": {"source": "partner"}},
        order=(
            refused("unknown-episode", "/continues", {"/continues": "@nobody"}),
            refused("unknown-episode", "/continues", {"/continues": "@episode of another client"}),
            recorded(change={"/continues": "@episode"}),
        ),
        closed="it is not open yet",
    ),
    "treatment-consents": Row(
        names={"/witness": "staff"},
        consent=(recorded(after=("treatment-consents/{about}/withdrawal",)),),
        own_time=True,
        future={"/signed_at": "@tomorrow", "/expires_on": DROP},
        future_at="/signed_at",
        dates=(
            refused("consent-ends-before-it-begins", "/expires_on", {"/expires_on": OLD_DAY}),
            refused("consent-longer-than-a-year", "/expires_on", {"/expires_on": "2027-09-02"}),
        ),
    ),
    "treatment-consents/{about}/withdrawal": Row(
        order="a consent that was not given is unknown",
        twice=(refused("consent-already-withdrawn"),),
        consent="that is doing it twice",
        dates=(
            refused("ends-before-it-begins", "/effective_from", {"/effective_from": LAST_YEAR}),
            refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": LAST_YEAR}),
        ),
    ),
    "assessments": Row(
        names={"/performer": "staff"},
        events={CLEARANCE: "clearances"},
        frame={"/screening": SCREENING},
        order=(
            refused("new-baseline-needs-its-reason", "/new_baseline_reason", {"/stage": "new_baseline"}),
        ),
    ),
    "clearances": Row(
        dates=(refused("ends-before-it-begins", "/valid_until", {"/valid_until": OLD_DAY}),),
    ),
    "plans": Row(
        needs=("assessments",),
        events={"/based_on/0": "assessments"},
        order=(
            refused("plan-needs-a-baseline-assessment", bare=True),
            refused("named-twice", "/goals/1/id", {"/goals": [{"id": "pain"}, {"id": "pain"}]}),
        ),
        twice=(refused("plan-already-set"),),
        consent=(recorded(after=("treatment-consents", "early withdrawal")),),
        dates=(refused("plan-needs-a-baseline-assessment", "", {"/occurred_at": LAST_YEAR}),),
    ),
    "plan-refinements": Row(
        needs=("plans",),
        ends=("plans", "plan-refinements"),
        events={"/based_on/0": "assessments", "/evidence/0": "assessments"},
        order=(
            refused("no-plan-to-refine", bare=True),
            refused("named-twice", "/evidence/1", {"/evidence": ["@assessments", "@assessments"]}),
            refused("named-twice", "/based_on/1", {"/based_on": ["@assessments", "@assessments"]}),
            refused("clinical-refinement-needs-newer-evidence", "/evidence", {"/reason": "clinical"}),
            refused("clinical-refinement-needs-newer-evidence", "/evidence",
                    {"/reason": "clinical", "/evidence": ["@assessments"]}),
        ),
        twice=(refused("refinement-changes-nothing"),),
        consent=(recorded(after=("treatment-consents", "early withdrawal")),),
        dates=(refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": SEPTEMBER_1}),),
    ),
    "session-checks": Row(
        needs=("treatment-consents", "plans"),
        names={"/performer": "staff"},
        events={CLEARANCE: "clearances"},
        order=(recorded("no-treatment-consent", "no-plan-in-force", verdict="stop", bare=True),),
        twice=(recorded(verdict="go"),),
        consent=(recorded("no-treatment-consent", verdict="stop", after=("early withdrawal",)),),
        closed=of_before(verdict="go"),
    ),
    "sessions": Row(
        needs=("session-checks",),
        body={"/check_id": "@session-checks"},
        names={"/performer": "staff", "/chaperone": "staff", "/participants/0/id": "staff"},
        events={"/check_id": "session-checks", CLEARANCE: "clearances"},
        frame={"/screening": SCREENING, "/participants": [{"id": THERAPIST, "role": "student"}]},
        order=(
            recorded("no-plan-in-force", "no-treatment-consent", "no-session-check",
                     change={"/check_id": DROP}, bare=True),
            refused("unknown-plan-version", "/plan_version", {"/plan_version": 2}),
            refused("unknown-event", "/check_id", {"/check_id": "@assessments"}),
            refused("named-twice", "/participants/1/id",
                    {"/participants": [{"id": THERAPIST, "role": "student"}] * 2}),
        ),
        twice=(
            recorded("check-used-before"),
            refused("visit-already-recorded", "/visit", {"/visit": "@client"}),
        ),
        consent=(recorded("no-treatment-consent", "check-said-stop", after=("early withdrawal",)),),
        closed=of_before(),
        own_time=True,
        future={"/date_of_service": "@day after tomorrow", "/start": DROP},
        future_at="/date_of_service",
        dates=(
            refused("session-ends-before-it-starts", "/end", {"/end": "2026-09-03T09:00:00-07:00"}),
            refused("contradicting-times", "/date_of_service", {"/date_of_service": "2026-09-04"}),
            refused("from-the-future", "/end", {"/end": "@tomorrow"}),
            recorded("check-after-start", change={"/start": "2026-09-03T09:50:00-07:00"}),
            recorded("check-of-another-day", change={"/start": DROP, "/date_of_service": "2026-09-04"}),
        ),
    ),
    "missed-sessions": Row(
        events={"/check_id": "session-checks"},
        dates=(recorded(change={"/planned_start": "@tomorrow", "/reason": "late_cancel"}),),
    ),
    "responses": Row(
        body={"/session": "@sessions"},
        events={"/session": "sessions"},
        order=(refused("unknown-event", "/session", {"/session": "@session-checks"}),),
        dates=(
            refused("period-ends-before-it-begins", "/covers/last",
                    {"/covers": {"first": "2026-09-04", "last": "2026-09-03"}}),
        ),
    ),
    "red-flags": Row(
        events={"/source_event": "assessments"},
    ),
    "red-flags/{about}/clearance": Row(
        order=(
            refused("acceptance-needs-its-limits", "/limits", {"/finding": "accepted_with_limits"}),
            gone(about="assessments"),
        ),
        twice=(refused("flag-already-cleared"),),
        dates=(
            refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": LAST_YEAR}),
            refused("ends-before-it-begins", "/valid_until", {"/valid_until": OLD_DAY}),
        ),
    ),
}  # fmt: skip
"""Care itself."""
