"""What a partner may see and be sent: only what a live consent names, and no ids but its own subject."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest

from episodes.http.examples import CLIENT, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import (
    TOLD,
    bearer,
    consent,
    partner_token,
    record,
    refused,
    tell,
    withdraw,
)
from tests.support.episodes.http_episode import Story, kind_of, line_of
from tests.support.episodes.naive_model import SECTIONS
from tests.support.servers.postgres import PostgresServer
from tests.support.waiting import eventually

KIND_OF = {step: kind for step in TOLD if (kind := kind_of(step)) is not None}
SCREENING = EXAMPLES["SessionCheckedCommand"]["screening"]
CHAPERONE, STUDENT = str(UUID(int=81)), str(UUID(int=82))
OTHER_PARTNER = str(UUID(int=83))


class Served(NamedTuple):
    service: Service
    api: Api

    def told(self, client: str = CLIENT) -> Story:
        return tell(self.api, _with_everybody_in_the_room, client)

    def as_partner(self, path: str, partner: str = PARTNER) -> Any:
        return self.api.http.get(path, headers=partner_token(self.service, partner))

    def decide(
        self,
        told: Story,
        *steps: str,
        partner: str = PARTNER,
        token: str = "",
        api: Api | None = None,
    ) -> list[dict[str, Any]]:
        asked = [
            {"event_id": told.events.get(step, step), "partner": partner, "subscription_id": str(uuid4())}
            for step in steps
        ]
        headers = bearer(token) if token else None
        answer = (api or self.api).http.post("/v1/disclosure-decisions", json=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        decided: list[dict[str, Any]] = answer.json()
        return decided

    def disclosures(self) -> list[dict[str, Any]]:
        return self.service.rows("SELECT * FROM disclosures")


def _with_everybody_in_the_room(resource: str, body: Any) -> Any:
    if resource != "sessions":
        return body
    return body | {
        "chaperone": CHAPERONE,
        "participants": [{"id": STUDENT, "role": "student"}],
        "screening": SCREENING,
        "health_update": {"changes": "A new medicine"},
    }


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("disclosure")) as (service, api):
        api.http.put(f"/v1/partners/{OTHER_PARTNER}", json=EXAMPLES["Partner"])
        for person in (CHAPERONE, STUDENT):
            api.http.put(f"/v1/staff/{person}", json={"role": "student"})
        yield Served(service, api)


@pytest.fixture(scope="module")
def newcomer(served: Served) -> Api:
    """A process beside it, which has recorded nothing that it could remember."""
    started = served.service.start()
    eventually(started.ready, "the second API is ready")
    return started


def soon(**more: float) -> str:
    return (datetime.now(UTC) + timedelta(**more)).isoformat()


def test_without_a_consent_an_episode_is_not_there_for_a_partner(served: Served) -> None:
    told = served.told()
    for path in (told.path, f"{told.path}?version=1", *map(told.event, told.events)):
        refused(served.as_partner(path), 404, "not-found")
    consent(served.api, told, "plans", partner=OTHER_PARTNER)
    refused(served.as_partner(told.path), 404, "not-found")


@pytest.mark.parametrize("kind", sorted(set(KIND_OF.values())))
def test_a_consent_shows_the_events_of_its_kinds_and_no_others(served: Served, kind: str) -> None:
    told = served.told()
    consent(served.api, told, kind)
    shown = {step for step in told.events if served.as_partner(told.event(step)).status_code == 200}
    assert shown == {step for step, its in KIND_OF.items() if its == kind}
    state = served.as_partner(told.path).json()
    sections = {name for name, value in state.items() if isinstance(value, list) and value}
    assert sections == {SECTIONS.get(line_of(step).event) for step in shown} - {None, "episodes"}
    assert (state.get("opened") is not None) == (kind == "opening")


def test_a_partner_sees_its_subject_and_nobody_elses_id(served: Served) -> None:
    told = served.told()
    consent(served.api, told, *sorted(set(KIND_OF.values())))
    subjects = set()
    for path in (told.path, *(told.event(step) for step in KIND_OF)):
        answer = served.as_partner(path)
        assert answer.status_code == 200
        for secret in (CLIENT, THERAPIST, CHAPERONE, STUDENT, '"actor"', '"command_id"', '"key_id"'):
            assert secret not in answer.text
        shown = answer.json()
        subjects.add(shown["client"] if path == told.path else shown["subject"])
    assert len(subjects) == 1
    assert served.decide(told, "sessions")[0]["subject"] in subjects


def test_screening_inside_a_session_needs_its_own_kind(served: Served) -> None:
    told = served.told()
    consent(served.api, told, "sessions")
    for answer in (served.as_partner(told.event("sessions")), served.as_partner(told.path)):
        assert "readings" in answer.text
        assert "screening" not in answer.text
        assert "health_update" not in answer.text
    consent(served.api, told, "screening")
    fact = served.as_partner(told.event("sessions")).json()["fact"]
    assert {"screening", "health_update"} <= set(fact)


def test_after_a_withdrawal_the_episode_is_gone_for_the_partner(served: Served) -> None:
    told = served.told()
    given = consent(served.api, told, "plans")
    assert served.as_partner(told.path).status_code == 200
    withdraw(served.api, told, given)
    for path in (told.path, f"{told.path}?version=10", told.event("plans")):
        refused(served.as_partner(path), 404, "not-found")


def test_an_older_version_shows_a_partner_no_more_than_today_allows(served: Served) -> None:
    told = served.told()
    plans = consent(served.api, told, "plans")
    consent(served.api, told, "sessions")
    withdraw(served.api, told, plans)
    for version in (10, 11, 12, 13):
        older = served.as_partner(f"{told.path}?version={version}")
        assert older.status_code == 200
        assert "sessions" in older.json()
        assert "plans" not in older.json()


def test_a_labelled_event_needs_a_consent_that_names_the_label(served: Served) -> None:
    told = served.told()
    labelled = record(
        served.api, f"{told.path}/assessments", {"stage": "midpoint", "history": "x", "labels": ["abuse"]}
    )
    consent(served.api, told, "assessments", labels_allowed=["mental_health"])
    assert [one["reason"] for one in served.decide(told, "assessments", labelled)] == [
        "consented",
        "no_consent",
    ]
    assert served.as_partner(f"{told.path}/events/{labelled}").status_code == 404
    consent(served.api, told, "assessments", labels_allowed=["abuse"])
    assert served.decide(told, labelled)[0]["allowed"]
    assert served.as_partner(f"{told.path}/events/{labelled}").status_code == 200


def test_a_consent_not_begun_or_ended_allows_nothing(served: Served) -> None:
    told = served.told()
    consent(served.api, told, "plans", effective_from=soon(hours=1))
    consent(served.api, told, "sessions", effective_from=soon(days=-3), until=soon(days=-1))
    assert [one["reason"] for one in served.decide(told, "plans", "sessions")] == ["no_consent"] * 2
    assert served.as_partner(told.path).status_code == 404


def test_a_withdrawal_to_come_allows_until_it_comes(served: Served) -> None:
    told = served.told()
    given = consent(served.api, told, "plans")
    path = f"{told.path}/sharing-consents/{given}/withdrawal"
    record(served.api, path, {"by": "client", "effective_from": soon(seconds=2)})
    assert served.decide(told, "plans")[0]["allowed"]
    eventually(
        lambda: not served.decide(told, "plans")[0]["allowed"], "the withdrawal takes effect", within=5
    )


def test_answers_keep_the_order_of_the_questions_and_name_the_reason(served: Served) -> None:
    told, unseen = served.told(), str(uuid4())
    consent(served.api, told, "plans", "closure")
    decided = served.decide(
        told, "plans", "sessions", unseen, "treatment-consents", "plan-refinements", "plans"
    )
    assert [one["reason"] for one in decided] == [
        "consented", "no_consent", "unknown_event", "not_shared", "consented", "consented",
    ]  # fmt: skip
    assert [one["allowed"] for one in decided] == [True, False, False, False, True, True]
    assert len({one["decision_id"] for one in decided}) == 6


def test_only_an_allowed_decision_tells_ids_and_is_kept_as_a_disclosure(served: Served) -> None:
    told = served.told()
    given = consent(served.api, told, "plans")
    before = len(served.disclosures())
    allowed, withheld = served.decide(told, "plans", "sessions")
    assert allowed["your_client_ref"] == "HC-1001"
    assert allowed["subject"] not in (CLIENT, None)
    assert set(withheld) == {"decision_id", "allowed", "reason"}
    kept = served.disclosures()[before:]
    assert [(str(row["decision_id"]), str(row["event_id"]), str(row["consent_id"])) for row in kept] == [
        (allowed["decision_id"], told.events["plans"], given)
    ]


def test_a_partner_without_a_number_for_the_client_gets_none(served: Served) -> None:
    told = served.told()
    consent(served.api, told, "plans", partner=OTHER_PARTNER)
    [allowed] = served.decide(told, "plans", partner=OTHER_PARTNER)
    assert allowed["allowed"]
    assert "your_client_ref" not in allowed


def test_another_networks_events_are_unknown_to_who_asks(served: Served) -> None:
    told = served.told()
    consent(served.api, told, "plans")
    elsewhere = served.service.token(network="other")
    [decided] = served.decide(told, "plans", token=elsewhere)
    assert (decided["allowed"], decided["reason"]) == (False, "unknown_event")


def test_after_a_withdrawal_the_very_next_question_is_refused(served: Served) -> None:
    told = served.told()
    given = consent(served.api, told, "plans")
    assert served.decide(told, "plans")[0]["allowed"]
    withdraw(served.api, told, given)
    assert not served.decide(told, "plans")[0]["allowed"]


def test_what_another_process_recorded_binds_the_one_that_remembers(served: Served, newcomer: Api) -> None:
    told = served.told()
    given = consent(served.api, told, "plans")
    for process in (served.api, newcomer):
        assert served.decide(told, "plans", api=process)[0]["reason"] == "consented"
    withdraw(newcomer, told, given)
    for process in (served.api, newcomer):
        assert served.decide(told, "plans", api=process)[0]["reason"] == "no_consent"
    consent(newcomer, told, "plans")
    assert served.decide(told, "plans", api=served.api)[0]["reason"] == "consented"


def test_what_a_decision_had_to_read_is_remembered(served: Served, newcomer: Api) -> None:
    told = served.told()
    consent(served.api, told, "plans")
    before = looked_up(newcomer)
    for _ in range(3):
        assert served.decide(told, "plans", api=newcomer)[0]["allowed"]
    after = looked_up(newcomer)
    assert (after["nothing"] - before["nothing"], after["whole"] - before["whole"]) == (1, 2)
    assessed = EXAMPLES["AssessedCommand"] | {"stage": "ad_hoc"}
    record(served.api, f"{told.path}/assessments", assessed)
    assert served.decide(told, "plans", api=newcomer)[0]["allowed"]
    assert looked_up(newcomer)["behind"] == after["behind"] + 1


def looked_up(api: Api) -> dict[str, float]:
    """How many episodes a process has looked up, by what its cache had of them."""
    lines = api.http.get("/metrics").text.splitlines()
    found = (re.fullmatch(r'episodes_cache_lookups_total\{found="(\w+)"\} (\S+)', line) for line in lines)
    return {it[1]: float(it[2]) for it in found if it}


def test_nothing_of_an_erased_client_is_told_by_whoever_remembers_it(served: Served, newcomer: Api) -> None:
    client = str(uuid4())
    named = {"name": "Bea Example"}
    assert served.api.http.put(f"/v1/clients/{client}", json=named).status_code == 204
    told = served.told(client)
    consent(served.api, told, "plans")
    assert served.decide(told, "plans")[0]["allowed"]
    _as_superuser(served, "UPDATE client_keys SET wrapped = NULL WHERE client_id = %s", client)
    for process in (served.api, newcomer):
        [decided] = served.decide(told, "plans", api=process)
        assert (decided["allowed"], decided["reason"], "subject" in decided) == (False, "redacted", False)


def test_a_client_whose_key_is_missing_is_undecided_also_by_whoever_remembers_it(
    served: Served, newcomer: Api
) -> None:
    client = str(uuid4())
    assert served.api.http.put(f"/v1/clients/{client}", json={"name": "Bea Example"}).status_code == 204
    told = served.told(client)
    consent(served.api, told, "plans")
    _as_superuser(served, "DELETE FROM client_keys WHERE client_id = %s", client)
    for process in (served.api, newcomer):
        assert served.decide(told, "plans", api=process)[0]["reason"] == "unreadable"
        assert process.http.get(told.path).status_code == 500


DAMAGED = {
    "seal": "substring(state FOR length(state) - 1) || '\\x00'::bytea",
    "event id": "overlay(state PLACING '\\xff00'::bytea FROM 20)",
}


def _as_superuser(served: Served, statement: str, *parameters: object) -> None:
    """As nobody else could: past row security, and the trigger that keeps the log append-only."""
    with psycopg.connect(served.service.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode(), parameters)


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_record_is_not_decided_and_holds_up_no_other(
    what: str, served: Served, newcomer: Api
) -> None:
    damaged, well = served.told(), served.told()
    for told in (damaged, well):
        consent(served.api, told, "sessions")
    damage = f"UPDATE stored_events SET state = {DAMAGED[what]}"
    episode = damaged.path.rpartition("/")[2]
    _as_superuser(served, damage + " WHERE originator_id = %s AND originator_version = 4", episode)
    decided = served.decide(well, damaged.events["sessions"], "sessions", api=newcomer)
    assert [one["reason"] for one in decided] == ["unreadable", "consented"]
    assert [one["allowed"] for one in decided] == [False, True]
