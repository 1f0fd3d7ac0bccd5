"""Compares a rebuilt state with what was written down for its case beforehand, by reading the report."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

EXPECTED = Path(__file__).with_name("expected")

Document = Mapping[str, Any]


def expected_of(case: str) -> Document:
    document: Document = json.loads((EXPECTED / f"{case}.json").read_text(encoding="utf-8"))
    return document


def differences(expected: Document, state: Document) -> list[str]:
    """Where the state is not as expected, each with its place; none if all is there and nothing else."""
    return list(_compare("", expected["state"], seen(state)))


def seen(state: Document) -> Document:
    """What an episode's state says, in the small shape of the expectations."""
    checks = {check["id"]: check for check in state.get("session-checks", [])}
    sessions = state.get("sessions", [])
    first = date.fromisoformat(sessions[0]["date_of_service"]) if sessions else None
    opened = state["opened"]
    return {
        "status": state["status"],
        "age": opened.get("age"),
        "complaint": {
            "category": opened["complaint"]["category"],
            "words": opened["complaint"].get("words"),
            "sites": [_place(site) for site in opened["complaint"]["sites"]],
        },
        "treatment_consents": len(state.get("treatment-consents", [])),
        "shared": [consent["kinds"] for consent in state.get("sharing-consents", [])],
        "plans": [_plan(plan) for plan in state.get("plans", [])],
        "assessments": [_assessment(it) for it in state.get("assessments", [])],
        "checks": [_screened(check) for check in checks.values()],
        "sessions": [_session(it, checks, first) for it in sessions],
        "missed_sessions": len(state.get("missed-sessions", [])),
        "responses": [_response(it, sessions) for it in state.get("responses", [])],
        "red_flags": len(state.get("red-flags", [])),
        "closure": [_closure(it) for it in state.get("closure", [])],
    }


def _plan(plan: Document) -> Document:
    return {
        "version": plan["plan_version"],
        "sessions": plan.get("planned_sessions"),
        "minutes": plan.get("minutes_per_session"),
        "frequency": plan.get("frequency"),
        "techniques": [_technique(it) for it in plan["techniques"]],
        "goals": [goal["words"] for goal in plan["goals"]],
        "home_care": plan["home_care"],
    }


def _assessment(it: Document) -> Document:
    return {
        "stage": it["stage"],
        "history": it.get("history"),
        "symptoms": it.get("symptoms"),
        "readings": [_reading(reading) for reading in it["readings"]],
        "instruments": [_result(result) for result in it["instruments"]],
    }


def _reading(reading: Document) -> Document:
    said = {
        "measure": reading["measure"]["code"],
        "side": reading.get("site", {}).get("side"),
        "phase": reading.get("phase"),
        "value": reading.get("value"),
        "unit": reading.get("unit"),
        "scale": reading.get("scale"),
        "change": reading.get("reported_change", {}).get("amount"),
        "absent": reading.get("absent_reason"),
    }
    return {name: part for name, part in said.items() if part is not None}


def _result(result: Document) -> Document:
    scale = result["scale"]
    said = {
        "instrument": result["instrument"]["code"],
        "reported_score": result.get("reported_score"),
        "computed_score": result.get("score"),
        "change": result.get("reported_change", {}).get("amount"),
        "scale": f"{scale['min']:g}-{scale['max']:g}, higher is {scale['higher_is']}",
    }
    return {name: part for name, part in said.items() if part is not None}


def _screened(check: Document) -> str:
    found = [f"{item['code']} {item['answer']}" for item in check["screening"]["items"]]
    return ", ".join([check["verdict"], *found])


def _session(session: Document, checks: Mapping[str, Document], first: date | None) -> Document:
    day = date.fromisoformat(session["date_of_service"])
    return {
        "day": (day - first).days if first else None,
        "minutes": session.get("duration"),
        "techniques": [_technique(it) for it in session["techniques"]],
        "pain": [_reading(it).get("value", it.get("absent_reason")) for it in session["readings"]],
        "check": checks[session["check_id"]]["verdict"] if session.get("check_id") in checks else None,
        "plan": session.get("plan_version"),
        "note": session.get("soap", {}).get("assessment"),
        "adverse": [it["kind"]["code"] for it in session["adverse"]],
        "breaches": [it["rule"] for it in session["breaches"]],
    }


def _response(response: Document, sessions: Sequence[Document]) -> Document:
    numbers = {session["id"]: number for number, session in enumerate(sessions, 1)}
    return {
        "after_session": numbers.get(response.get("session", "")),
        "note": response.get("note"),
        "adverse": [it["kind"]["code"] for it in response["adverse"]],
    }


def _closure(closure: Document) -> Document:
    outcomes = [it.get("achieved", it.get("absent_reason")) for it in closure["outcomes"]]
    return {"reason": closure["reason"], "goals": outcomes, "summary": closure.get("summary")}


def _technique(technique: Document) -> str:
    return f"{_name(technique)} at {_place(technique['site'])}"


def _place(site: Document) -> str:
    return " ".join([_name(site), *([site["side"]] if "side" in site else [])])


def _name(coded: Document) -> str:
    """A listed code says enough; another one is its words."""
    name: str = coded["text"] if coded["code"] == "other" else coded["code"]
    return name


def _compare(place: str, expected: Any, found: Any) -> Iterator[str]:
    match expected, found:
        case Mapping(), Mapping():
            for name in sorted({*expected, *found}):
                yield from _compare(f"{place}/{name}", expected.get(name), found.get(name))
        case list(), list() if len(expected) == len(found):
            for index, (one, other) in enumerate(zip(expected, found, strict=True)):
                yield from _compare(f"{place}/{index}", one, other)
        case _ if expected != found:
            yield f"{place}: expected {expected!r}, found {found!r}"
