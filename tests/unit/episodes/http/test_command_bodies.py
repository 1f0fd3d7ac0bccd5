"""Commands are read strictly: what is not exactly right is refused, with the field that is wrong."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from episodes.domain.care.amendments import EntryAddedTo
from episodes.domain.care.assessments import Assessed
from episodes.domain.care.plans import PlanSet
from episodes.domain.care.session_checks import SessionChecked
from episodes.domain.care.sessions import SessionDelivered
from episodes.domain.care.sharing_consents import SharingConsented
from episodes.domain.care.treatment_consents import TreatmentConsented
from episodes.domain.values import Coded, Given, Reading, Site
from episodes.domain.vocabulary import BY_FACT, COMMANDS, STEPS
from episodes.http.examples import EXAMPLES
from episodes.http.moments import MOMENT
from episodes.recording.amendment_bodies import part_of
from episodes.recording.endpoint import body_form
from episodes.recording.strict_models import strict, strict_fields
from tests.support.episodes.corpus import FACTS

SITE = {"code": "neck", "side": "left"}
SESSION = {"date_of_service": "2026-03-03", "techniques": [{"code": "swedish", "site": SITE}]}
CONSENT = {"given": {"by": "client"}, "signed_at": "2026-03-02T09:30:00-08:00"}
SCORE = {"measure": {"code": "pain"}, "value": 4.8, "unit": "cm", "scale": "VAS 10 cm"}


def read(kind: Any, body: object) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return TypeAdapter(strict(kind)).validate_json(text)


def faults(kind: Any, body: object) -> list[str]:
    """Where the body is wrong, as JSON pointers without what stands there."""
    with pytest.raises(ValidationError) as refused:
        read(kind, body)
    return ["/" + "/".join(str(part) for part in fault["loc"]) for fault in refused.value.errors()]


def reading(**said: object) -> dict[str, object]:
    return {"stage": "baseline", "readings": [{"measure": {"code": "pain"}} | said]}


def test_a_body_becomes_the_domains_own_fact_with_the_lists_its_codes_are_from() -> None:
    consent = read(TreatmentConsented, CONSENT | {"expires_on": "2026-12-31"})
    assert (consent.given, consent.expires_on) == (Given(by="client"), date(2026, 12, 31))
    assessed = read(Assessed, {"stage": "baseline", "readings": [SCORE | {"site": SITE}]})
    assert assessed == Assessed(
        stage="baseline",
        readings=(
            Reading(
                measure=Coded(code="pain", list="measures/1"),
                site=Site(code="neck", list="body-sites/1", side="left"),
                value=4.8,
                unit="cm",
                scale="VAS 10 cm",
            ),
        ),
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_command_can_be_read_and_refuses_what_it_does_not_know(step: Any) -> None:
    assert "/surprise" in faults(step.fact, {"surprise": 1})


@pytest.mark.parametrize(
    ("kind", "body", "where"),
    [
        # unknown, missing and computed fields
        (SessionDelivered, SESSION | {"price": 80}, "/price"),
        (SessionDelivered, {"techniques": []}, "/date_of_service"),
        (Assessed, {"stage": "baseline", "readings": [SCORE | {"who": 1}]}, "/readings/0/who"),
        (PlanSet, {"plan_version": 7}, "/plan_version"),
        (SessionChecked, {"screening": {"list_version": "1"}, "verdict": "go"}, "/verdict"),
        (
            SharingConsented,
            {"partner": str(UUID(int=1)), "subject": str(UUID(int=2)), "kinds": ["plans"]},
            "/subject",
        ),
        (Assessed, {"stage": "baseline", "readings": [{"measure": {"code": "pain", "list": "measures/9"}}]},
         "/readings/0/measure/list"),
        # wrong types: nothing is coerced
        (SessionDelivered, SESSION | {"duration": "50"}, "/duration"),
        (SessionDelivered, SESSION | {"duration": 50.5}, "/duration"),
        (SessionDelivered, SESSION | {"duration": True}, "/duration"),
        (SessionDelivered, SESSION | {"techniques": {}}, "/techniques"),
        (SessionDelivered, SESSION | {"position": 3}, "/position"),
        (SessionDelivered, SESSION | {"visit": "not-an-id"}, "/visit"),
        (SessionDelivered, SESSION | {"date_of_service": 20260303}, "/date_of_service"),
        (SessionDelivered, SESSION | {"date_of_service": "2026-03-03T10:00:00Z"}, "/date_of_service"),
        (PlanSet, {"agreed_with_client": "yes"}, "/agreed_with_client"),
        # numbers that are none, or out of range
        (Assessed, '{"stage": "baseline", "readings": [{"value": NaN}]}', "/readings/0/value"),
        (Assessed, '{"stage": "baseline", "readings": [{"value": 1e999}]}', "/readings/0/value"),
        (SessionDelivered, SESSION | {"duration": 10**400}, "/duration"),
        (SessionDelivered, SESSION | {"duration": -1}, "/duration"),
        (SessionDelivered, SESSION | {"duration": 1_441}, "/duration"),
        (Assessed, reading(value=2_000_000, unit="cm", scale="x"), "/readings/0/value"),
        (SessionDelivered, SESSION | {"techniques": [{"code": "swedish", "site": SITE, "pressure": 6}]},
         "/techniques/0/pressure"),
        # lengths
        (SessionDelivered, SESSION | {"position": ""}, "/position"),
        (SessionDelivered, SESSION | {"position": "x" * 301}, "/position"),
        (Assessed, {"stage": "baseline", "history": "x" * 8_001}, "/history"),
        (Assessed, {"stage": "baseline", "readings": [SCORE] * 201}, "/readings"),
        (SharingConsented, {"partner": str(UUID(int=1)), "kinds": [], "given": {"by": "client"}}, "/kinds"),
        # times
        (TreatmentConsented, CONSENT | {"signed_at": "2026-03-02T09:30:00"}, "/signed_at"),
        (TreatmentConsented, CONSENT | {"signed_at": 1_772_000_000}, "/signed_at"),
        (TreatmentConsented, CONSENT | {"signed_at": "9999-12-31T23:59:59Z"}, "/signed_at"),
        (TreatmentConsented, CONSENT | {"expires_on": "9999-12-31"}, "/expires_on"),
        (TreatmentConsented, CONSENT | {"expires_on": "1899-12-31"}, "/expires_on"),
        (TreatmentConsented, CONSENT | {"expires_on": "2026-02-30"}, "/expires_on"),
        # codes
        (Assessed, {"stage": "final"}, "/stage"),
        (SessionDelivered, SESSION | {"techniques": [{"code": "reiki", "site": SITE}]}, "/techniques/0/code"),
        (SessionDelivered, SESSION | {"techniques": [{"code": "swedish", "site": {"code": "tail"}}]},
         "/techniques/0/site/code"),
        (Assessed, {"stage": "baseline", "readings": [SCORE | {"measure": {"code": "swedish"}}]},
         "/readings/0/measure/code"),
    ],
)  # fmt: skip
def test_what_is_not_exactly_right_is_refused_where_it_is_wrong(kind: Any, body: object, where: str) -> None:
    assert where in faults(kind, body)


def test_another_thing_needs_its_words() -> None:
    other = {"code": "other", "site": SITE}
    assert faults(SessionDelivered, SESSION | {"techniques": [other]}) == ["/techniques/0"]
    read(SessionDelivered, SESSION | {"techniques": [other | {"text": "cupping"}]})


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"value": 4, "unit": "cm", "scale": "VAS", "finding": "reduced"},
        {"finding": "reduced", "absent_reason": "not-performed"},
        {"value": 4, "scale": "VAS"},
        {"value": 4, "unit": "cm"},
        {"reported_change": {"amount": 3}, "finding": "better"},
    ],
)
def test_a_reading_says_exactly_one_thing_and_a_value_how_it_was_taken(said: dict[str, object]) -> None:
    assert faults(Assessed, reading(**said)) == ["/readings/0"]


@pytest.mark.parametrize(
    "said",
    [
        {"value": 4, "unit": "cm", "scale": "VAS 10 cm"},
        {"finding": "greatly_reduced"},
        {"reported_change": {"percent": 30, "direction": "down"}},
        {"absent_reason": "asked-declined"},
    ],
)
def test_a_value_or_a_reason_either_is_a_reading(said: dict[str, object]) -> None:
    read(Assessed, reading(**said))


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "[" * 50_000, '{"a":' * 50_000, "{} {}"])
def test_what_is_no_object_is_refused_however_deep_it_goes(body: str) -> None:
    assert faults(PlanSet, body) == ["/"]


def test_a_deeply_nested_value_is_refused() -> None:
    body = '{"goals": ' + "[" * 50_000 + "]" * 50_000 + "}"
    assert faults(PlanSet, body)


@pytest.mark.parametrize("name", FACTS)
def test_what_was_recorded_could_be_asked_for_again(name: str) -> None:
    """The strict form accepts every golden fact, without what only decisions and paths may say."""
    fact = FACTS[name]
    form = body_form(BY_FACT[type(fact)])
    told = TypeAdapter(type(fact)).dump_python(fact, mode="json", exclude_none=True)
    held = part_of(type(fact))
    given = {*strict_fields(type(fact)), *(("of", held[0]) if held else ())}
    body = _without_lists({name: value for name, value in told.items() if name in given})
    if name == "assessed.1":
        body["readings"] = [part for part in body["readings"] if part["measure"]["code"] != "lumbar.flexion"]
    if name == "episode-opened.1":
        body["clinic"] = str(UUID(int=1))
    draft = form.validate_json(json.dumps(body)).draft
    assert type(draft) is type(fact)
    if held is not None:
        assert getattr(draft, held[0])


def _without_lists(value: Any) -> Any:
    match value:
        case dict():
            computed = ("list", "rules_version")
            return {name: _without_lists(part) for name, part in value.items() if name not in computed}
        case list():
            return [_without_lists(part) for part in value]
        case _:
            return value


def test_an_empty_list_adds_nothing_to_an_entry() -> None:
    """Some generated clients send one for each list that their caller left out."""
    addition = {"of": "session-delivered.1", "added": {"place": "clinic", "techniques": [], "adverse": []}}
    body = body_form(BY_FACT[EntryAddedTo]).validate_json(json.dumps(addition))
    assert body.draft.added == {"place": "clinic"}


def _ids(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of the ids in a body."""
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value):
        yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _ids(part, (*at, name))


@pytest.mark.parametrize("notation", ["urn:uuid:{}", "{{{}}}", "{0.hex}", "{} "])
@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.command)
def test_an_id_in_a_body_is_written_as_in_a_path(step: Any, notation: str) -> None:
    form, example = body_form(step), EXAMPLES[f"{step.fact.__name__}Command"]
    form.validate_json(json.dumps(example))
    for place in _ids(example):
        body = deepcopy(example)
        holder: Any = body
        for part in place[:-1]:
            holder = holder[part]
        holder[place[-1]] = notation.format(UUID(holder[place[-1]]))
        with pytest.raises(ValidationError) as refused:
            form.validate_json(json.dumps(body))
        faults = [(fault["loc"][-len(place) :], fault["type"]) for fault in refused.value.errors()]
        assert (place, "uuid") in faults


@pytest.mark.parametrize(
    "time",
    [
        "٢026-03-03T09:00:00Z",
        "2026-13-03T09:00:00Z",
        "2026-02-30T09:00:00Z",
        "2026-03-03T24:00:00Z",
        "2026-03-03T09:00:60Z",
        "2026-03-03T09:00:00+10:60",
        "2026-03-03T09:00:00+24:00",
        "1899-03-03T09:00:00Z",
        "2200-03-03T09:00:00Z",
    ],
)
def test_a_time_that_does_not_exist_is_refused_without_being_quoted(time: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(MOMENT).validate_python(time)
    for fault in refused.value.errors():
        assert not {time, time[:4], time[5:7], time[-5:]} & set(re.findall(r"[-+:.\w]+", fault["msg"]))
