"""The rules of the record, as contracts/VOCABULARY.md has them."""

from care_platform.http.rules import rules

OF_THE_RECORD = (
    *rules(
        "refuses",
        "no time is invented",
        {"import-without-a-time": "an import states neither when it happened nor that this is not known"},
    ),
    *rules(
        "refuses",
        "logic",
        {
            "consent-ends-before-it-begins": "the consent ends before it begins",
            "session-ends-before-it-starts": "the session ends before it starts",
            "period-ends-before-it-begins": "the last day that a response covers is before the first",
            "ends-before-it-begins": "something would end, or cease to be valid, before it begins",
            "birth-date-out-of-range": (
                "the birth date (`birth_date` or `born`) of a client in the directory lies before 1900 or in "
                "the future"
            ),
            "from-the-future": "the time is more than two minutes ahead of our clock",
        },
    ),
    *rules(
        "refuses",
        "recorded already",
        {
            "consent-already-withdrawn": "the consent is already withdrawn, from the same time or earlier",
            "plan-already-set": "there is a plan already: refine it",
            "refinement-changes-nothing": "the new plan equals the old one",
            "visit-already-recorded": "a session is already recorded for this visit",
            "flag-already-cleared": "the red flag stands neither now nor at that time",
            "referral-already-answered": "the referral has an answer: correct a wrong one",
            "transfer-changes-nothing": "that therapist at that clinic already has the episode",
            "already-on-hold": "the episode is on hold already",
        },
    ),
    *rules(
        "refuses",
        "malformed",
        {
            "new-baseline-needs-its-reason": (
                "a new baseline states why the old one no longer applies; no other stage states that"
            ),
            "acceptance-needs-its-limits": "a red flag is accepted with limits, and none are given",
            "report-needs-its-partner": "staff who record a report must name the partner",
            "addition-adds-nothing": "the addition fills no field",
            "entry-of-another-kind": "`of` names another kind than the entry's",
            "precision-without-a-time": (
                "a precision is given without a time, or is finer than the time is written"
            ),
            "named-twice": (
                "one list names the same event, person or goal twice; the pointer leads to the second"
            ),
        },
    ),
    *rules(
        "refuses",
        "ours",
        {
            "too-many-reports": (
                "the partner itself has sent 200 reports about this episode, or 400,000 characters of them; "
                "staff may still record one"
            ),
            "already-stated": "an addition may fill only empty fields: use a correction for the others",
            "another-client": "a correction of the opening may not name another client",
            "corrected-not-retracted": "an entry of this kind may be corrected but not retracted",
            "amended-by-its-opposite": "an entry of this kind is undone by a command of its own",
            "cited-as-evidence": "a plan is based on the entry: correct it instead of retracting it",
            "attested-without-a-licence": "the person who attests has no licence in the directory",
            "partner-shared-with": (
                "a partner that was ever shared with or referred to does not become another: its successor "
                "is a new partner, with new consents; a `privacy_officer` may correct the spelling of its "
                "organisation with a `reason`"
            ),
            "identifier-of-another-client": "the identifier belongs to another client in the directory",
            "identifier-twice": (
                "two of the client's identifiers differ in blanks or in composed letters alone"
            ),
            "client-erased": "the client's key is destroyed",
        },
    ),
    *rules(
        "refuses",
        "the episode is finished",
        {
            "episode-closed": (
                "this event is not recorded once the episode is closed, or it happened after the closing"
            ),
        },
    ),
)
"""What breaks one contradicts itself or what is recorded already."""
