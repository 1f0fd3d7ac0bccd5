"""The rows of consents to share, referrals, transfers, holds, closures and amendments."""

from collections.abc import Mapping
from dataclasses import replace

from episodes.http.examples import THERAPIST
from tests.support.episodes.refusal_table import (
    AFTER_CLOSING,
    CARE,
    CLEARANCE,
    DROP,
    LAST_YEAR,
    SCREENING,
    SEPTEMBER_1,
    SEPTEMBER_4,
    Row,
    gone,
    recorded,
    refused,
)
from tests.support.vocabulary_page import COMMANDS, Line

SHARING = "sharing-consents/{about}/withdrawal"
BEGUN = (refused("ends-before-it-begins", "/occurred_at", {"/occurred_at": LAST_YEAR}),)
OF_SESSION = {"/of": "session-delivered.1"}
A_SESSION = {
    "date_of_service": "2026-09-03",
    "techniques": [{"code": "swedish", "site": {"code": "lumbar_spine"}}],
}

WITH_PARTNERS: Mapping[str, Row] = {
    "sharing-consents": Row(
        body={"/kinds": ["referrals", "assessments"]},
        names={"/partner": "partners"},
        consent=(recorded(after=("sharing-consents", SHARING)),),
        dates=(refused("consent-ends-before-it-begins", "/until", {"/until": LAST_YEAR}),),
    ),
    SHARING: Row(
        order="a consent that was not given is unknown",
        twice=(refused("consent-already-withdrawn"),),
        consent="that is doing it twice",
        dates=(recorded(change={"/effective_from": LAST_YEAR}),),  # it takes effect now
    ),
    "clients/{client}/sharing-withdrawals": Row(
        needs=("sharing-consents",),
        names={"/partner": "partners"},
        order=(refused("no-consent-to-withdraw", "/partner", bare=True),),
        twice=(refused("no-consent-to-withdraw", "/partner"),),
        consent=(refused("no-consent-to-withdraw", "/partner", {}, SHARING),),
        dates=(recorded(change={"/effective_from": LAST_YEAR}),),
    ),
    "referrals": Row(
        needs=("sharing-consents",),
        names={"/partner": "partners"},
        order=(
            refused("referral-needs-consent", "/partner", bare=True),
            refused("referral-needs-consent", "/kinds_sent/1", {"/kinds_sent": ["assessments", "plans"]}),
        ),
        consent=(refused("referral-needs-consent", "/partner", {}, SHARING),),
        dates=(refused("referral-needs-consent", "/partner", {"/occurred_at": LAST_YEAR}),),
    ),
    "referrals/{about}/withdrawal": Row(
        order=(
            refused("referral-not-open", "", {}, "refusal of the referral"),
            gone(about="sharing-consents"),
        ),
        twice=(refused("referral-not-open"),),
        consent=(recorded(after=(SHARING,)),),
        dates=BEGUN,
    ),
    "referrals/{about}/answer": Row(
        names={"/recorded_by": "staff"},
        order=(
            refused("referral-not-open", "", {}, "referrals/{about}/withdrawal"),
            gone(about="sharing-consents"),
        ),
        twice=(refused("referral-already-answered"),),
        consent=(recorded(after=(SHARING,)),),
        dates=BEGUN,
    ),
    "partner-reports": Row(
        names={"/partner": "partners"},
        events={"/referral": "referrals"},
        order=(
            refused("report-needs-its-partner", "/partner", {"/partner": DROP}),
            refused("unknown-event", "/referral", {"/referral": "@assessments"}),
        ),
        consent=(recorded(change={"/referral": "@referrals"}, after=(SHARING,)),),
    ),
}

OF_THE_EPISODE: Mapping[str, Row] = {
    "transfers": Row(
        ends=("episodes", "transfers"),
        names={"/to/therapist": "staff", "/to/clinic": "clinics", "/accepted_by": "staff"},
        twice=(refused("transfer-changes-nothing", "/to"),),
        dates=BEGUN,
    ),
    "hold": Row(
        twice=(refused("already-on-hold"),),
    ),
    "resumption": Row(
        needs=("hold",),
        ends=("hold",),
        order=(refused("not-on-hold", bare=True),),
        twice=(refused("not-on-hold"),),
        dates=BEGUN,
    ),
    "closure": Row(
        ends=("hold",),
        order=(
            refused("unknown-goal", "/outcomes/0/goal", {"/outcomes": [{"goal": "pain"}]}),
            refused(
                "unknown-goal",
                "/outcomes/1/goal",
                {"/outcomes": [{"goal": "pain"}, {"goal": "made up"}]},
                "plans",
            ),
            refused(
                "named-twice",
                "/outcomes/1/goal",
                {"/outcomes": [{"goal": "pain"}, {"goal": "pain"}]},
                "plans",
            ),
            recorded(change={"/outcomes": [{"goal": "pain"}]}, after=("assessments", "plans")),
        ),
        twice=(refused("episode-closed"),),
        dates=(
            *BEGUN,
            refused("contradicting-times", "/occurred_at", {"/occurred_at": SEPTEMBER_1}, "sessions"),
        ),
    ),
    "reopening": Row(
        needs=("closure",),
        ends=("closure",),
        order=(refused("not-closed", bare=True),),
        twice=(refused("not-closed"),),
        closed=(recorded(),),
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
            refused("unknown-episode", "/added/continues",
                    {"/of": "episode-opened.1", "/added": {"continues": "@episode of another client"}},
                    about="episodes"),
            gone({}, "events/{about}/retraction", about="mistake"),
        ),
        twice=(refused("already-stated", "/added/place"),),
        consent=(recorded(after=("early withdrawal",)),),
        dates=(
            refused("session-ends-before-it-starts", "/added/end",
                    {"/added": {"end": "2026-09-03T09:00:00-07:00"}}),
            refused("from-the-future", "/added/end", {"/added": {"end": "@tomorrow"}}),
        ),
    ),
    "events/{about}/correction": Row(
        body={"/replacement/session": "@sessions"},
        names={"/performed_by": "staff"},
        events={"/replacement/session": "sessions"},
        order=(
            refused("entry-of-another-kind", "/of", about="assessments"),
            refused("amended-by-its-opposite", about="plans"),
            refused("another-client", "/replacement/client", {
                "/of": "episode-opened.1", "/replacement": {
                    "client": "@other client", "therapist": THERAPIST,
                    "complaint": {"category": "injury"}}}, about="episodes"),
            refused("unknown-episode", "/replacement/continues", {
                "/of": "episode-opened.1", "/replacement": {
                    "client": "@client", "therapist": THERAPIST, "continues": "@nobody",
                    "complaint": {"category": "injury"}}}, about="episodes"),
            gone({}, "events/{about}/retraction", about="mistake"),
        ),
        consent=(recorded(after=("early withdrawal",)),),
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
    ),
    "attestations": Row(
        body={"/events": ["@sessions"]},
        names={"/by": "staff"},
        events={"/events/0": "sessions"},
        order=(
            refused("unknown-event", "/events/0", {"/events": ["@mistake"]}, "events/{about}/retraction"),
            refused("named-twice", "/events/1", {"/events": ["@sessions", "@sessions"]}),
        ),
    ),
    "events/{about}/amendment-refusal": Row(
        order=(gone({}, "events/{about}/retraction", about="mistake"),),
    ),
}  # fmt: skip

SAID: Mapping[str, Row] = {**CARE, **WITH_PARTNERS, **OF_THE_EPISODE, **AMENDMENTS}


def _row(line: Line) -> Row:
    """What is said of the command, or what is usual; after closing, what the page says."""
    row = SAID.get(line.resource, Row())
    return row if row.closed is not None else replace(row, closed=AFTER_CLOSING[line.after_closing])


ROWS: Mapping[str, Row] = {resource: _row(line) for resource, line in COMMANDS.items()}
"""By the command's resource."""
