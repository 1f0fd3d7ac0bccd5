"""The reasons for which clinic staff are alerted, and how urgent an alert is."""

from typing import Literal

Severity = Literal["critical", "notice"]
Concern = Literal[
    "red_flag_raised",
    "rule_of_care_broken",
    "breach_taken_back",
    "adverse_reaction",
    "referral_answered",
    "partner_reported",
    "events_missing",
]
