"""Staff are told what looks wrong; a partner is not, because a doubt compares with what it may not read."""

from dataclasses import replace

from episodes.domain.care.referrals import PartnerReported
from tests.support.episodes.batches import a_batch, an_episode_of, command, seen_as, told_of, warned
from tests.support.episodes.care_facts import OPENED, a_physician, a_referral, shared
from tests.support.episodes.scenario import EPISODE, PARTNER, SUBJECT, march, past

A_PARTNER = seen_as("partner", organisation=PARTNER)
HISTORY = (OPENED, shared(kinds=("referrals",)), past(a_referral(subject=SUBJECT), march(12)))
REPORT = PartnerReported(author=a_physician, findings="less motion")
BEFORE_THE_OPENING = {"occurred_at": march(1)}


def test_a_report_of_before_the_opening_tells_staff_so_and_a_partner_nothing() -> None:
    by_itself = command(REPORT, EPISODE, caller=A_PARTNER, said=BEFORE_THE_OPENING)
    assert warned(a_batch(told_of(an_episode_of(*HISTORY))), by_itself) == []
    by_staff = command(replace(REPORT, partner=PARTNER), EPISODE, said=BEFORE_THE_OPENING)
    assert warned(a_batch(told_of(an_episode_of(*HISTORY))), by_staff) == [
        ("contradicting-times", "/occurred_at")
    ]
