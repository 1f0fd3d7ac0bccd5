"""The outcome of each way to send a command wrongly: a table with one row per command.

It is written from the vocabulary, not from the code. A cell states a request that is refused, with rule and
pointer, or recorded, with its breaches; or the reason why there is no such request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from episodes.http.examples import THERAPIST
from tests.support.episodes.http_episode import DROP

Changes = Mapping[str, Any]


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

    `names` are the fields that name a row of the directory, with its table; `events` those that name an event
    of the episode, with a step of that kind; `frame` is the value around those fields. `stranger` is a role
    without permission. `future` is the change that moves the request into the future, refused at `future_at`.
    """

    order: tuple[Try, ...] | str
    twice: tuple[Try, ...] | str
    consent: tuple[Try, ...] | str
    closed: tuple[Try, ...] | str
    dates: tuple[Try, ...] | str = "states no time of its own, and ends nothing"
    names: Changes = field(default_factory=dict)
    events: Changes = field(default_factory=dict)
    frame: Changes = field(default_factory=dict)
    stranger: str = "coordinator"
    own_time: bool = False
    future: Changes = field(default_factory=lambda: {"/occurred_at": "@tomorrow"})
    future_at: str = "/occurred_at"


AT_ONCE = (recorded(),)
NEVER = (refused("episode-closed", "", {}, "closure"), refused("episode-closed", "", {}, "early closure"))
ALWAYS = (recorded(after=("closure",)), recorded(after=("early closure",)))
"""Recorded once the episode is closed, whether it happened before the closing or after."""

BEFORE_ANY = "nothing need come before it"
NO_TREATMENT = "it is no treatment: it needs no consent"
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


CARE: Mapping[str, Row] = {
    "episodes": Row(
        stranger="auditor",
        names={
            "/clinic": "clinics",
            "/client": "clients",
            "/therapist": "staff",
            "/performer": "staff",
            "/referral/partner": "partners",
        },
        frame={"/referral": {"source": "partner"}},
        order=BEFORE_ANY,
        twice=AT_ONCE,  # opens another episode: an opening checks no other
        consent=NO_TREATMENT,
        closed="it is not open yet",
    ),
    "treatment-consents": Row(
        stranger="auditor",
        names={"/witness": "staff"},
        order=BEFORE_ANY,
        twice=AT_ONCE,
        consent=(recorded(after=("treatment-consents/{about}/withdrawal",)),),
        closed=NEVER,
        own_time=True,
        future={"/signed_at": "@tomorrow", "/expires_on": DROP},
        future_at="/signed_at",
        dates=(
            refused("consent-ends-before-it-begins", "/expires_on", {"/expires_on": OLD_DAY}),
            refused("consent-longer-than-a-year", "/expires_on", {"/expires_on": "2027-09-02"}),
        ),
    ),
    "treatment-consents/{about}/withdrawal": Row(
        stranger="auditor",
        order="a consent that was not given is unknown",
        twice=(refused("consent-already-withdrawn"),),
        consent="that is doing it twice",
        closed=ALWAYS,
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
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=of_before({"/occurred_at": SEPTEMBER_4}),
    ),
    "clearances": Row(
        order=BEFORE_ANY,
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=of_before({"/occurred_at": SEPTEMBER_4}),
        dates=(refused("ends-before-it-begins", "/valid_until", {"/valid_until": OLD_DAY}),),
    ),
    "plans": Row(
        events={"/based_on/0": "assessments"},
        order=(refused("plan-needs-a-baseline-assessment", bare=True),),
        twice=(refused("plan-already-set"),),
        consent=(recorded(after=("treatment-consents", "early withdrawal")),),
        closed=NEVER,
        dates=(refused("plan-needs-a-baseline-assessment", "", {"/occurred_at": LAST_YEAR}),),
    ),
    "plan-refinements": Row(
        events={"/based_on/0": "assessments", "/evidence/0": "assessments"},
        order=(
            refused("no-plan-to-refine", bare=True),
            refused("clinical-refinement-needs-newer-evidence", "/evidence", {"/reason": "clinical"}),
            refused("clinical-refinement-needs-newer-evidence", "/evidence",
                    {"/reason": "clinical", "/evidence": ["@assessments"]}),
        ),
        twice=(refused("refinement-changes-nothing"),),
        consent=(recorded(after=("treatment-consents", "early withdrawal")),),
        closed=NEVER,
        dates=(refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": SEPTEMBER_1}),),
    ),
    "session-checks": Row(
        names={"/performer": "staff"},
        events={CLEARANCE: "clearances"},
        order=(recorded("no-treatment-consent", "no-plan-in-force", verdict="stop", bare=True),),
        twice=(recorded(verdict="go"),),
        consent=(recorded("no-treatment-consent", verdict="stop", after=("early withdrawal",)),),
        closed=of_before(verdict="go"),
    ),
    "sessions": Row(
        names={"/performer": "staff", "/chaperone": "staff", "/participants/0/id": "staff"},
        events={"/check_id": "session-checks", CLEARANCE: "clearances"},
        frame={"/screening": SCREENING, "/participants": [{"id": THERAPIST, "role": "student"}]},
        order=(
            recorded("no-plan-in-force", "no-treatment-consent", "no-session-check",
                     change={"/check_id": DROP}, bare=True),
            refused("unknown-plan-version", "/plan_version", {"/plan_version": 2}),
        ),
        twice=(
            recorded("check-used-before"),
            refused("visit-already-recorded", "/visit", {"/visit": "@client"}),
        ),
        consent=(recorded("no-treatment-consent", after=("early withdrawal",)),),
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
        stranger="auditor",
        events={"/check_id": "session-checks"},
        order=BEFORE_ANY,
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=of_before({"/occurred_at": SEPTEMBER_4}),
        dates=(recorded(change={"/planned_start": "@tomorrow", "/reason": "late_cancel"}),),
    ),
    "responses": Row(
        events={"/session": "sessions"},
        order=(refused("unknown-event", "/session", {"/session": "@session-checks"}),),
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=ALWAYS,
        dates=(
            refused("period-ends-before-it-begins", "/covers/last",
                    {"/covers": {"first": "2026-09-04", "last": "2026-09-03"}}),
        ),
    ),
    "red-flags": Row(
        events={"/source_event": "assessments"},
        order=BEFORE_ANY,
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=ALWAYS,
    ),
    "red-flags/{about}/clearance": Row(
        order=(
            refused("acceptance-needs-its-limits", "/limits", {"/finding": "accepted_with_limits"}),
            gone(about="assessments"),
        ),
        twice=(refused("flag-already-cleared"),),
        consent=NO_TREATMENT,
        closed=ALWAYS,
        dates=(
            refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": LAST_YEAR}),
            refused("ends-before-it-begins", "/valid_until", {"/valid_until": OLD_DAY}),
        ),
    ),
}  # fmt: skip
"""Care itself."""
