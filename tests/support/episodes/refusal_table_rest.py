"""The rows of consents to share, referrals, transfers, holds, closures and amendments."""

from collections.abc import Mapping

from episodes.http.examples import THERAPIST
from tests.support.episodes.http_episode import DROP
from tests.support.episodes.refusal_table import (
    ALWAYS,
    AT_ONCE,
    BEFORE_ANY,
    CARE,
    CLEARANCE,
    LAST_YEAR,
    NEVER,
    NO_TREATMENT,
    SCREENING,
    SEPTEMBER_4,
    Row,
    gone,
    recorded,
    refused,
)

SHARING = "sharing-consents/{about}/withdrawal"
BEGUN = (refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": LAST_YEAR}),)
OF_SESSION = {"/of": "session-delivered.1"}
A_SESSION = {
    "date_of_service": "2026-09-03",
    "techniques": [{"code": "swedish", "site": {"code": "lumbar_spine"}}],
}

WITH_PARTNERS: Mapping[str, Row] = {
    "sharing-consents": Row(
        stranger="auditor",
        names={"/partner": "partners"},
        order=BEFORE_ANY,
        twice=AT_ONCE,
        consent=(recorded(after=("sharing-consents", SHARING)),),
        closed=NEVER,
        dates=(refused("consent-ends-before-it-begins", "/until", {"/until": LAST_YEAR}),),
    ),
    SHARING: Row(
        stranger="auditor",
        order="a consent that was not given is unknown",
        twice=(refused("consent-already-withdrawn"),),
        consent="that is doing it twice",
        closed=ALWAYS,
        dates=(recorded(change={"/effective_from": LAST_YEAR}),),  # takes effect now
    ),
    "clients/{client}/sharing-withdrawals": Row(
        stranger="auditor",
        names={"/partner": "partners"},
        order=(refused("no-consent-to-withdraw", "/partner", bare=True),),
        twice=(refused("no-consent-to-withdraw", "/partner"),),
        consent=(refused("no-consent-to-withdraw", "/partner", {}, SHARING),),
        closed=ALWAYS,
        dates=(recorded(change={"/effective_from": LAST_YEAR}),),
    ),
    "referrals": Row(
        stranger="auditor",
        names={"/partner": "partners"},
        order=(
            refused("referral-needs-consent", "/partner", bare=True),
            refused("referral-needs-consent", "/kinds_sent/1", {"/kinds_sent": ["assessments", "plans"]}),
        ),
        twice=AT_ONCE,
        consent=(refused("referral-needs-consent", "/partner", {}, SHARING),),
        closed=NEVER,
        dates=(refused("referral-needs-consent", "/partner", {"/occurred_at": LAST_YEAR}),),
    ),
    "referrals/{about}/withdrawal": Row(
        stranger="auditor",
        order=(
            refused("referral-not-open", "", {}, "refusal of the referral"),
            gone(about="sharing-consents"),
        ),
        twice=(refused("referral-not-open"),),
        consent=(recorded(after=(SHARING,)),),
        closed=ALWAYS,
        dates=BEGUN,
    ),
    "referrals/{about}/answer": Row(
        stranger="privacy_officer",
        names={"/recorded_by": "staff"},
        order=(
            refused("referral-not-open", "", {}, "referrals/{about}/withdrawal"),
            gone(about="sharing-consents"),
        ),
        twice=(refused("referral-already-answered"),),
        consent=(recorded(after=(SHARING,)),),
        closed=ALWAYS,
        dates=BEGUN,
    ),
    "partner-reports": Row(
        stranger="privacy_officer",
        names={"/partner": "partners"},
        events={"/referral": "referrals"},
        order=(
            refused("report-needs-its-partner", "/partner", {"/partner": DROP}),
            refused("unknown-event", "/referral", {"/referral": "@assessments"}),
        ),
        twice=AT_ONCE,
        consent=(recorded(change={"/referral": "@referrals"}, after=(SHARING,)),),
        closed=ALWAYS,
    ),
}

OF_THE_EPISODE: Mapping[str, Row] = {
    "transfers": Row(
        stranger="auditor",
        names={"/to/therapist": "staff", "/to/clinic": "clinics", "/accepted_by": "staff"},
        order=BEFORE_ANY,
        twice=(refused("transfer-changes-nothing", "/to"),),
        consent=NO_TREATMENT,
        closed=NEVER,
        dates=BEGUN,
    ),
    "hold": Row(
        stranger="auditor",
        order=BEFORE_ANY,
        twice=(refused("already-on-hold"),),
        consent=NO_TREATMENT,
        closed=NEVER,
    ),
    "resumption": Row(
        stranger="auditor",
        order=(refused("not-on-hold", bare=True),),
        twice=(refused("not-on-hold"),),
        consent=NO_TREATMENT,
        closed=NEVER,
        dates=BEGUN,
    ),
    "closure": Row(
        order=BEFORE_ANY,
        twice=(refused("episode-closed"),),
        consent=NO_TREATMENT,
        closed=NEVER,
        dates=BEGUN,
    ),
    "reopening": Row(
        order=(refused("not-closed", bare=True),),
        twice=(refused("not-closed"),),
        consent=NO_TREATMENT,
        closed=AT_ONCE,
        dates=(
            *BEGUN,
            refused("closed-more-than-three-months-before", "", {}, "old closure", bare=True),
        ),
    ),
}

AMENDMENTS: Mapping[str, Row] = {
    "events/{about}/addition": Row(
        names={"/added/chaperone": "staff", "/added/participants/0/id": "staff"},
        events={f"/added{CLEARANCE}": "clearances"},
        frame={"/added/screening": SCREENING, "/added/participants": [{"id": THERAPIST, "role": "student"}]},
        order=(
            refused("entry-of-another-kind", "/of", about="assessments"),
            refused("amended-by-its-opposite", about="plans"),
            refused("addition-adds-nothing", "/added", {"/added": {}}),
            refused("addition-adds-nothing", "/added", {"/added": {"declined": []}}),
            refused("already-stated", "/added/duration", {"/added": {"duration": 20}}),
            refused("unknown-event", "/added/check_id",
                    {"/of": "session-not-delivered.1", "/added": {"check_id": "@nobody"}},
                    about="missed-sessions"),
            gone({}, "events/{about}/retraction", about="red-flags"),
        ),
        twice=(refused("already-stated", "/added/place"),),
        consent=(recorded(after=("early withdrawal",)),),
        closed=ALWAYS,
        dates=(
            refused("session-ends-before-it-starts", "/added/end",
                    {"/added": {"end": "2026-09-03T09:00:00-07:00"}}),
            refused("from-the-future", "/added/end", {"/added": {"end": "@tomorrow"}}),
        ),
    ),
    "events/{about}/correction": Row(
        names={"/performed_by": "staff"},
        events={"/replacement/session": "sessions"},
        order=(
            refused("entry-of-another-kind", "/of", about="assessments"),
            refused("amended-by-its-opposite", about="plans"),
            refused("another-client", "/replacement/client", {
                "/of": "episode-opened.1", "/replacement": {
                    "client": "@other client", "therapist": THERAPIST,
                    "complaint": {"category": "injury"}}}, about="episodes"),
            gone({}, "events/{about}/retraction", about="red-flags"),
        ),
        twice=AT_ONCE,
        consent=(recorded(after=("early withdrawal",)),),
        closed=ALWAYS,
        dates=(
            refused("period-ends-before-it-begins", "/replacement/covers/last",
                    {"/replacement/covers": {"first": "2026-09-04", "last": "2026-09-03"}}),
            refused("from-the-future", "/happened_at", {"/happened_at": "@tomorrow"}),
            refused("precision-without-a-time", "/happened_precision", {"/happened_precision": "day"}),
            refused("contradicting-times", "/happened_at",
                    {**OF_SESSION, "/replacement": A_SESSION, "/happened_at": SEPTEMBER_4},
                    about="sessions"),
            refused("from-the-future", "/replacement/date_of_service",
                    {**OF_SESSION, "/replacement": {**A_SESSION, "date_of_service": "@day after tomorrow"}},
                    about="sessions"),
        ),
    ),
    "events/{about}/retraction": Row(
        order=(
            refused("corrected-not-retracted", about="episodes"),
            refused("amended-by-its-opposite", about="plans"),
            refused("cited-as-evidence", "", {}, "refinement by the session", about="sessions"),
        ),
        twice=(gone(),),
        consent=NO_TREATMENT,
        closed=ALWAYS,
    ),
    "attestations": Row(
        names={"/by": "staff"},
        events={"/events/0": "sessions"},
        order=(
            refused("unknown-event", "/events/0", {"/events": ["@red-flags"]},
                    "red-flags", "events/{about}/retraction"),
        ),
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=ALWAYS,
    ),
    "events/{about}/amendment-refusal": Row(
        stranger="therapist",
        order=(gone({}, "events/{about}/retraction", about="red-flags"),),
        twice=AT_ONCE,
        consent=NO_TREATMENT,
        closed=ALWAYS,
    ),
}  # fmt: skip

ROWS: Mapping[str, Row] = {**CARE, **WITH_PARTNERS, **OF_THE_EPISODE, **AMENDMENTS}
"""The rows of the table, by the command's resource."""
