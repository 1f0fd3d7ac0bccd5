"""Reading an episode as of two clocks, over HTTP and in the clinic's words.

The clinic is in Seattle, where summer time begins on 8 March 2026 and 2:00 becomes 3:00.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from episodes.http.examples import EXAMPLES
from tests.support.episodes.api_process import Api, Service
from tests.support.episodes.http_calls import pointers, record, refused

FIRST_OF_MARCH = "2026-03-01T09:00:00-08:00"
A_LICENCE = {"licence": "MD 1", "organisation": "Harbor Clinic"}
AN_HOUR = {"date_of_service": "2026-03-06", "start": "2026-03-06T10:00:00-08:00", "duration": 30}


@pytest.fixture
def api(shared: tuple[Service, Api]) -> Api:
    return shared[1]


@dataclass(frozen=True)
class Care:
    """One episode, opened on the first of March; each thing recorded now, though it happened then."""

    api: Api
    path: str

    def says(self, resource: str, body: dict[str, Any], occurred_at: str | None = None) -> str:
        """Record it, and give the id of its event."""
        when = {} if occurred_at is None else {"occurred_at": occurred_at}
        return record(self.api, f"{self.path}/{resource}", {**body, **when})

    def seen(self, **query: str) -> dict[str, Any]:
        answer = self.api.http.get(self.path, params=query)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        assert answer.headers["etag"] == f'"{shown["version"]}"'
        return shown

    def recorded_at(self, event: str) -> str:
        at: str = self.api.http.get(f"{self.path}/events/{event}").json()["recorded_at"]
        return at


@pytest.fixture
def care(api: Api) -> Care:
    opening = {**EXAMPLES["EpisodeOpenedCommand"], "occurred_at": FIRST_OF_MARCH}
    opened = api.record("/v1/episodes", opening)
    assert opened.status_code == 201, opened.text
    return Care(api, f"/v1/episodes/{opened.json()['episode']['id']}")


def planned(care: Care) -> str:
    care.says("treatment-consents", {"given": {"by": "client"}, "signed_at": "2026-03-02T09:00:00-08:00"})
    care.says("assessments", {"stage": "baseline"}, "2026-03-02T10:00:00-08:00")
    plan = {"techniques": EXAMPLES["SessionDeliveredCommand"]["techniques"]}
    return care.says("plans", plan, "2026-03-02T11:00:00-08:00")


def test_what_was_known_by_then_is_shown_though_more_had_happened(care: Care) -> None:
    flag = care.says("red-flags", EXAMPLES["RedFlagRaisedCommand"], "2026-03-05T09:00:00-08:00")
    known = care.recorded_at(flag)
    care.says("red-flags", EXAMPLES["RedFlagRaisedCommand"], "2026-03-04T09:00:00-08:00")
    assert len(care.seen()["red-flags"]) == 2
    then = care.seen(recorded_at=known)
    assert ([one["id"] for one in then["red-flags"]], then["version"]) == ([flag], 2)
    assert then == care.seen(version="2")


def test_what_had_happened_by_then_is_shown_though_it_was_learned_later(care: Care) -> None:
    later = care.says("red-flags", EXAMPLES["RedFlagRaisedCommand"], "2026-03-05T09:00:00-08:00")
    earlier = care.says("red-flags", EXAMPLES["RedFlagRaisedCommand"], "2026-03-04T09:00:00-08:00")
    then = care.seen(occurred_at="2026-03-04T12:00:00-08:00")
    assert [one["id"] for one in then["red-flags"]] == [earlier]
    both = care.seen(occurred_at="2026-03-04T12:00:00-08:00", recorded_at=care.recorded_at(later))
    assert "red-flags" not in both
    assert both["version"] == 2


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-03-03T09:00:00-08:00", "open"),
        ("2026-03-04T09:00:00-08:00", "on_hold"),
        ("2026-03-10T08:59:59-07:00", "on_hold"),
        ("2026-03-10T09:00:00-07:00", "closed"),
        ("2026-03-20T08:59:59-07:00", "closed"),
        ("2026-03-20T09:00:00-07:00", "open"),
    ],
)
def test_the_status_is_that_of_the_day(care: Care, day: str, status: str) -> None:
    care.says("hold", {"reason": "away"}, "2026-03-04T09:00:00-08:00")
    care.says("closure", {"reason": "plan_completed"}, "2026-03-10T09:00:00-07:00")
    care.says("reopening", {"reason": "relapse"}, "2026-03-20T09:00:00-07:00")
    assert care.seen(occurred_at=day)["status"] == status


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2026-03-03", True), ("2026-03-12", False), ("2026-03-15", False), ("2026-03-16", True)],
)
def test_a_flag_holds_until_cleared_and_again_once_its_clearing_has_run_out(
    care: Care, day: str, holds: bool
) -> None:
    flag = care.says("red-flags", EXAMPLES["RedFlagRaisedCommand"], "2026-03-02T09:00:00-08:00")
    clearing = {"finding": "treated", "authority": A_LICENCE, "valid_until": "2026-03-15"}
    care.says(f"red-flags/{flag}/clearance", clearing, "2026-03-10T09:00:00-07:00")
    seen = next(
        one for one in care.seen(occurred_at=f"{day}T12:00:00-07:00")["red-flags"] if one["id"] == flag
    )
    assert seen["holds"] is holds


def test_a_correction_is_known_from_its_recording_on_and_then_of_all_days(care: Care) -> None:
    assessed = care.says(
        "assessments", {"stage": "baseline", "symptoms": "sore"}, "2026-03-04T09:00:00-08:00"
    )
    known = care.recorded_at(assessed)
    correction: dict[str, Any] = {"of": "assessed.1", "reason_code": "wrong_time", "reason": "the day before"}
    correction |= {"replacement": {"stage": "exit"}, "happened_at": "2026-03-03T09:00:00-08:00"}
    care.says(f"events/{assessed}/correction", correction)
    day = "2026-03-03T12:00:00-08:00"
    assert "assessments" not in care.seen(occurred_at=day, recorded_at=known)
    assert care.seen(recorded_at=known)["assessments"][0]["stage"] == "baseline"
    assert care.seen(occurred_at=day)["assessments"][0]["stage"] == "exit"


def test_a_late_session_is_judged_by_the_plan_and_consent_of_its_day(care: Care) -> None:
    planned(care)
    check = care.says("session-checks", EXAMPLES["SessionCheckedCommand"], "2026-03-06T09:55:00-08:00")
    refinement: dict[str, Any] = {
        "techniques": [{"code": "deep_tissue", "site": {"code": "back"}}],
        "planned_sessions": 3,
    }
    refinement |= {"reason": "preference", "rationale": "asked for more pressure"}
    care.says("plan-refinements", refinement, "2026-03-07T09:00:00-08:00")
    consent = care.seen()["treatment-consents"][0]["id"]
    care.says(f"treatment-consents/{consent}/withdrawal", {}, "2026-03-09T09:00:00-07:00")
    techniques = EXAMPLES["SessionDeliveredCommand"]["techniques"]
    care.says("sessions", {**AN_HOUR, "check_id": check, "techniques": techniques})
    care.says("sessions", {"date_of_service": "2026-03-10", "techniques": techniques})
    of_its_day, after = care.seen()["sessions"]
    assert (of_its_day["origin"], of_its_day["breaches"]) == ("late", [])
    broken = [breach["rule"] for breach in after["breaches"]]
    assert broken == ["no-treatment-consent", "no-session-check", "technique-outside-plan"]
    plans = care.seen(occurred_at="2026-03-06T10:00:00-08:00")["plans"]
    assert [(plan["plan_version"], plan["holds"]) for plan in plans] == [(1, True)]


@pytest.mark.parametrize(
    ("precision", "moment", "there"),
    [
        ("day", "2026-03-07T23:59:59-08:00", False),
        ("day", "2026-03-08T00:00:00-08:00", True),
        ("day", "2026-03-08T08:00:00+00:00", True),
        ("day", "2026-03-08T07:59:59+00:00", False),
        ("month", "2026-02-28T23:59:59-08:00", False),
        ("month", "2026-03-01T00:00:00-08:00", True),
        ("minute", "2026-03-08T01:58:59-08:00", False),
        ("minute", "2026-03-08T01:59:00-08:00", True),
    ],
)
def test_a_day_or_month_has_begun_at_the_clinics_midnight(
    care: Care, precision: str, moment: str, there: bool
) -> None:
    body = {**EXAMPLES["RedFlagRaisedCommand"], "precision": precision}
    care.says("red-flags", body, "2026-03-08T01:59:30-08:00")
    assert ("red-flags" in care.seen(occurred_at=moment)) is there


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-03-08T23:59:59-07:00", True),
        ("2026-03-08T23:30:00-08:00", False),
        ("2026-03-09T00:00:00-07:00", False),
    ],
)
def test_the_last_day_of_a_clearance_ends_at_midnight_of_summer_time(
    care: Care, moment: str, holds: bool
) -> None:
    clearance = {"condition": {"code": "spinal_fusion"}, "by": A_LICENCE, "valid_until": "2026-03-08"}
    care.says("clearances", clearance, "2026-03-02T09:00:00-08:00")
    assert care.seen(occurred_at=moment)["clearances"][0]["holds"] is holds


def test_before_the_first_record_there_is_nothing_and_before_the_first_event_nothing_opened(
    care: Care,
) -> None:
    answer = care.api.http.get(care.path, params={"recorded_at": "2020-01-01T00:00:00Z"})
    refused(answer, 404, "not-found")
    refused(care.api.http.get(care.path, params={"version": "2"}), 404, "not-found")
    before = care.seen(occurred_at="2026-02-28T09:00:00-08:00")
    assert "opened" not in before
    assert before["responsible"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"recorded_at": "yesterday"}, "/query/recorded_at"),
        ({"recorded_at": "2026-03-02T09:00:00"}, "/query/recorded_at"),
        ({"recorded_at": "2026-03-02"}, "/query/recorded_at"),
        ({"occurred_at": "1772442000"}, "/query/occurred_at"),
        ({"occurred_at": "2026-02-30T09:00:00Z"}, "/query/occurred_at"),
        ({"occurred_at": ""}, "/query/occurred_at"),
        ({"version": "1", "recorded_at": "2026-03-02T09:00:00Z"}, "/query/recorded_at"),
        ({"version": "0"}, "/query/version"),
        ({"version": "two"}, "/query/version"),
        ({"occured_at": "2026-03-02T09:00:00Z"}, "/query"),
    ],
)
def test_what_cannot_be_read_is_400_and_names_the_field(
    care: Care, query: dict[str, str], pointer: str
) -> None:
    assert pointers(refused(care.api.http.get(care.path, params=query), 400, "malformed")) == [pointer]


def test_a_version_may_be_seen_as_of_a_day(care: Care) -> None:
    care.says("hold", {"reason": "away"}, "2026-03-04T09:00:00-08:00")
    day = "2026-03-05T09:00:00-08:00"
    assert care.seen(occurred_at=day)["status"] == "on_hold"
    as_of_the_opening = care.seen(occurred_at=day, version="1")
    assert (as_of_the_opening["status"], as_of_the_opening["version"]) == ("open", 1)
