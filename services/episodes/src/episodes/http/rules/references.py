"""The rules of what a command names, as contracts/VOCABULARY.md has them."""

from care_platform.http.rules import rules

OF_REFERENCES = (
    *rules(
        "refuses",
        "refers to nothing",
        {
            "no-consent-to-withdraw": "the client has no consent to share with that partner",
            "no-plan-to-refine": "there is no plan yet",
            "unknown-plan-version": "the episode has no plan of that version",
            "referral-not-open": "the referral was withdrawn or declined",
            "not-on-hold": "the episode is not on hold",
            "not-closed": "the episode is not closed",
            "unknown-event": "the episode has no such entry, or it is of another kind",
            "unknown-goal": "no plan of the episode has a goal of that id",
            "unknown-episode": "it is no other episode of the same client that you may know of",
            "unknown-consent": "the episode has no such consent",
            "unknown-flag": "the episode has no such red flag",
            "unknown-referral": "the episode has no such referral, or it is another partner's",
            "unknown-client": (
                "the directory has no client with that id, or it is not registered at the clinic"
            ),
            "unknown-clinic": "the directory has no clinic with that id, or it is not one of yours",
            "unknown-staff": "the directory has no member of staff with that id",
            "unknown-partner": "the directory has no partner with that id",
            "unknown-staff-or-partner": (
                "the directory has neither a member of staff nor a partner with that id"
            ),
        },
    ),
    *rules(
        "refuses",
        "not yours",
        {
            "report-of-another-partner": "a partner may report only for itself",
        },
    ),
)
"""What breaks one names something that is not there, or not the caller's."""
