"""What the staff of a clinic may be asked to look at, and how urgently."""

from typing import Literal

Severity = Literal["critical", "notice"]
Concern = Literal[
    "red_flag_raised", "rule_of_care_broken", "adverse_reaction", "referral_answered", "partner_reported"
]
