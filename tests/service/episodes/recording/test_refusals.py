"""Every command × every way to give it wrongly: refused as the vocabulary says, or recorded with its breach.

After each refusal nothing more is stored or published. The cells are in `expectations`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_type_hints
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from episodes.domain.field_rules import COMPUTED, Names
from episodes.domain.roles import Role
from episodes.domain.step import Step
from episodes.domain.vocabulary import BY_RESOURCE, COMMANDS
from episodes.http.examples import CLINIC, EXAMPLES, PARTNER, THERAPIST
from tests.support.episodes.api_process import Api, Service, serving
from tests.support.episodes.http_calls import bearer, refused
from tests.support.episodes.http_episode import ABOUT, Request, Story, line_of
from tests.support.episodes.refusal_table import DROP, Row, Try
from tests.support.episodes.refusal_table_rest import ROWS, SAID
from tests.support.servers.postgres import PostgresServer

TABLES = (
    *("stored_events", "command_receipts", "source_refs", "client_keys", "client_episodes"),
    *("clients", "staff", "clinics", "partners", "disclosures", "client_subjects"),
)
ELSEWHERE = {table: str(UUID(int=900 + place)) for place, table in enumerate(TABLES)}
"""Rows of the directory that only the other network has."""
OF_EPISODES = [resource for resource in ROWS if resource != "episodes"]


class Served(NamedTuple):
    service: Service
    api: Api
    connection: psycopg.Connection[Any]
    reached: list[str]
    other: Story
    told: dict[str, Story]

    def stored(self) -> Any:
        """How much is stored, and how far the feed reaches."""
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        return self.connection.execute(f"SELECT {counts}".encode()).fetchone(), self._published()

    def _published(self) -> str:
        page: dict[str, Any] = {"events": [None]}
        while page["events"]:
            page = self.api.http.get(f"/v1/feed?limit=1000&after={self.reached[-1]}").json()
            self.reached.append(page["next"])
        return self.reached[-1]

    def story(self) -> Story:
        story = Story.begun(self.api)
        story.other = self.other
        return story

    def standing(self, resource: str) -> Story:
        """A story for what is refused alone: it leaves nothing behind, so the next may have it too."""
        if resource not in self.told:
            self.told[resource] = self.story()
        return self.told[resource]

    def send(self, request: Request, **headers: str) -> httpx.Response:
        return self.api.record(request.path, request.body, headers=headers)

    def refuses(
        self,
        request: Request,
        status: int,
        rule: str = "",
        pointer: str = "",
        headers: Mapping[str, str] = {},
    ) -> None:
        """That answer, and nothing stored or published."""
        before = self.stored()
        answer = self.send(request, **headers)
        document = refused(answer, status, {403: "forbidden", 404: "not-found", 422: "rule-broken"}[status])
        if rule:
            assert (document["rule"], document["errors"][0]["pointer"]) == (rule, pointer)
        assert self.stored() == before


@pytest.fixture(scope="module")
def served(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(postgres, tmp_path_factory.mktemp("refusals")) as (service, api):
        other = bearer(service.token(network="other"))
        for table in ("clinics", "staff", "partners", "clients"):
            name = "ClientIdentity" if table == "clients" else table.removesuffix("s").title()
            entry = EXAMPLES[name] | ({"identifiers": []} if table == "clients" else {})
            api.http.put(f"/v1/{table}/{ELSEWHERE[table]}", json=entry, headers=other)
        with psycopg.connect(service.database.owner_url, autocommit=True) as connection:
            yield Served(service, api, connection, ["p0"], Story.begun(api), {})


def test_every_command_has_its_row_and_no_other() -> None:
    assert set(SAID) <= set(ROWS) == {step.resource for step in COMMANDS}
    assert set(ABOUT) == {resource for resource in ROWS if "{about}" in resource}


@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.resource)
def test_a_row_tries_every_field_that_names_somebody(step: Step) -> None:
    hints = get_type_hints(step.fact, include_extras=True)
    naming = {f"/{name}" for name, hint in hints.items() if isinstance(named_by(hint), Names)}
    assert naming <= set(ROWS[step.resource].names)


def named_by(hint: Any) -> Any:
    """The table a field names a row of, if it does and a caller gives it."""
    marks = [mark for part in (hint, *get_args(hint)) for mark in getattr(part, "__metadata__", ())]
    return next((mark for mark in marks if isinstance(mark, Names)), None) if COMPUTED not in marks else None


def tries(column: str) -> list[Any]:
    """The cells of a column in which something can be tried; where nothing can, the reason is said."""
    found = []
    for resource, row in ROWS.items():
        cell = getattr(row, column)
        if isinstance(cell, str):
            assert cell, resource
        else:
            found += [
                pytest.param(resource, tried, id=f"{resource}-{place}") for place, tried in enumerate(cell)
            ]
    return found


def check(served: Served, resource: str, tried: Try, times: int = 1) -> None:
    story = served.story()
    request = story.asked(resource, tried.change, tried.about, tried.bare)
    for step in tried.after:
        story.did(step)
    for _ in range(times - 1):
        assert served.send(request).status_code == 201
    if tried.status != 201:
        served.refuses(request, tried.status, "".join(tried.rules), tried.pointer)
        return
    answer = served.send(request)
    assert answer.status_code == 201, answer.text
    fact = served.api.http.get(answer.headers["location"]).json()["fact"]
    broken = fact["reasons"] if tried.verdict else fact.get("breaches", ())
    assert (fact.get("verdict"), tuple(one["rule"] for one in broken)) == (tried.verdict, tried.rules)


@pytest.mark.parametrize(("resource", "tried"), tries("order"))
def test_in_the_wrong_order(served: Served, resource: str, tried: Try) -> None:
    check(served, resource, tried)


@pytest.mark.parametrize(("resource", "tried"), tries("twice"))
def test_done_twice_under_two_keys(served: Served, resource: str, tried: Try) -> None:
    check(served, resource, tried, times=2)


@pytest.mark.parametrize(("resource", "tried"), tries("dates"))
def test_with_dates_that_contradict(served: Served, resource: str, tried: Try) -> None:
    check(served, resource, tried)


@pytest.mark.parametrize(("resource", "tried"), tries("consent"))
def test_after_the_consent_was_withdrawn(served: Served, resource: str, tried: Try) -> None:
    check(served, resource, tried)


@pytest.mark.parametrize(("resource", "tried"), tries("closed"))
def test_after_the_episode_was_closed(served: Served, resource: str, tried: Try) -> None:
    check(served, resource, tried)


@pytest.mark.parametrize("resource", ROWS)
def test_from_the_future(served: Served, resource: str) -> None:
    row: Row = ROWS[resource]
    request = served.standing(resource).asked(resource, row.future)
    served.refuses(request, 422, "from-the-future", row.future_at)


@pytest.mark.parametrize("resource", ROWS)
def test_with_a_precision_of_no_time_or_a_time_beside_its_own(served: Served, resource: str) -> None:
    request = served.standing(resource).asked(resource, {})
    finer = request.changed({"/precision": "day", "/occurred_at": "2026-09"})
    unsaid = request.changed({"/precision": "day", "/occurred_at": DROP})
    if not ROWS[resource].own_time:
        for wrong in (finer, unsaid):
            served.refuses(wrong, 422, "precision-without-a-time", "/precision")
    else:
        own = BY_RESOURCE[resource].time_at
        to_a_month = request.changed({own: "2026-09", "/start": DROP, "/end": DROP, "/precision": "day"})
        served.refuses(to_a_month, 422, "precision-without-a-time", "/precision")
        beside = request.changed({"/occurred_at": "2026-09-04T10:00:00Z"})
        served.refuses(beside, 422, "contradicting-times", "/occurred_at")


@pytest.mark.parametrize(
    ("resource", "pointer"), [(resource, pointer) for resource, row in ROWS.items() for pointer in row.names]
)
def test_naming_who_is_not_in_the_directory_or_only_in_another_networks(
    served: Served, resource: str, pointer: str
) -> None:
    row = ROWS[resource]
    request = served.standing(resource).asked(resource, row.frame)
    table = row.names[pointer]
    for named in (str(uuid4()), ELSEWHERE[table]):
        rule = f"unknown-{table.removesuffix('s')}"
        served.refuses(request.changed({pointer: named}), 422, rule, pointer)


@pytest.mark.parametrize("resource", ROWS)
def test_on_behalf_of_who_is_no_member_of_staff_and_no_partner_here(served: Served, resource: str) -> None:
    request = served.standing(resource).asked(resource, {})
    for named in (str(uuid4()), ELSEWHERE["staff"], ELSEWHERE["partners"], served.other.client):
        asked = request.changed({"/on_behalf_of": named})
        served.refuses(asked, 422, "unknown-staff-or-partner", "/on_behalf_of")


@pytest.mark.parametrize("whom", [THERAPIST, PARTNER])
def test_on_behalf_of_staff_or_a_partner(served: Served, whom: str) -> None:
    request = served.story().asked("red-flags", {"/on_behalf_of": whom})
    assert served.send(request).status_code == 201


def test_an_episode_that_is_not_the_clients_or_not_ones_own_is_continued_as_little_as_none(
    served: Served,
) -> None:
    """Another client's, another network's and another clinic's are answered in the same words."""
    story = served.story()
    request = story.asked("episodes", {})
    network = bearer(served.service.token(network="other"))
    theirs = request.changed({"/client": ELSEWHERE["clients"], "/clinic": ELSEWHERE["clinics"],
                              "/therapist": ELSEWHERE["staff"], "/referral": DROP})  # fmt: skip
    foreign = served.send(theirs, **network)
    assert foreign.status_code == 201, foreign.text
    elsewhere = str(uuid4())
    clinic = served.api.http.put(f"/v1/clinics/{elsewhere}", json=EXAMPLES["Clinic"])
    assert clinic.status_code == 204, clinic.text
    away = served.send(request.changed({"/clinic": elsewhere}))
    assert away.status_code == 201, away.text
    desk = bearer(served.service.token("coordinator", THERAPIST, clinics=(UUID(CLINIC),)))
    answers = []
    named_by = {str(uuid4()), served.other.id, *(one.json()["episode"]["id"] for one in (foreign, away))}
    for named in named_by:
        asked = request.changed({"/continues": named})
        served.refuses(asked, 422, "unknown-episode", "/continues", desk)
        document = served.send(asked, **desk).json()
        answers.append({name: said for name, said in document.items() if name != "correlation_id"})
    assert all(one == answers[0] for one in answers), answers
    own = served.send(request.changed({"/continues": story.id}), **desk)
    assert own.status_code == 201, own.text


@pytest.mark.parametrize(
    ("resource", "pointer"), [(resource, pointer) for resource, row in ROWS.items() for pointer in row.events]
)
def test_naming_an_event_nobody_recorded_or_one_of_another_episode(
    served: Served, resource: str, pointer: str
) -> None:
    row, story = ROWS[resource], served.story()
    request = story.asked(resource, row.frame)
    known, theirs = (one.did(row.events[pointer]) for one in (story, served.other))
    for named in (str(uuid4()), theirs):
        served.refuses(request.changed({pointer: named}), 422, "unknown-event", pointer)
    assert served.send(request.changed({pointer: known})).status_code == 201, "the field itself is right"


@pytest.mark.parametrize("resource", ABOUT)
def test_about_an_event_nobody_recorded_or_one_of_another_episode(served: Served, resource: str) -> None:
    story = served.standing(resource)
    request = story.asked(resource, {})
    known, theirs = (one.did(ABOUT[resource]) for one in (story, served.other))
    for named in (str(uuid4()), theirs):
        served.refuses(Request(request.path.replace(known, named), request.body), 404)


@pytest.mark.parametrize("resource", OF_EPISODES)
def test_of_an_episode_nobody_opened(served: Served, resource: str) -> None:
    story = served.standing(resource)
    request = story.asked(resource, {})
    of = story.client if "{client}" in resource else story.id
    served.refuses(Request(request.path.replace(of, str(uuid4())), request.body), 404)


@pytest.mark.parametrize("resource", ROWS)
def test_by_another_clinic_or_network_or_role(served: Served, resource: str) -> None:
    """What is not yours is not there; an opening names its clinic itself."""
    request = served.standing(resource).asked(resource, {})
    role = "privacy_officer" if resource == "events/{about}/amendment-refusal" else "supervisor"
    foreign = served.service.token(role, THERAPIST, clinics=(UUID(int=404),))
    for token in (foreign, served.service.token(network="other")):
        if resource == "episodes":
            served.refuses(request, 422, "unknown-clinic", "/clinic", bearer(token))
        else:
            served.refuses(request, 404, headers=bearer(token))
    for stranger in sorted(set(Role) - line_of(resource).who):
        token = served.service.token(stranger, PARTNER, organisation=UUID(PARTNER), clinics=(UUID(CLINIC),))
        served.refuses(request, 403, "role-not-allowed", "", bearer(token))
