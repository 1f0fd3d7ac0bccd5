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
    shown = {
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
        "responses": [_response(it, sessions, first) for it in state.get("responses", [])],
        "red_flags": len(state.get("red-flags", [])),
        "closure": [_closure(it) for it in state.get("closure", [])],
    }
    return shown | _where_told(labelled=_labelled(state))


def _labelled(state: Document) -> Document:
    """Where in the state something is labelled, and with what."""
    sections = {name: [part] if name == "opened" else part for name, part in state.items()}
    labels = {
        name: {label for entry in entries for label in entry.get("labels", [])}
        for name, entries in sections.items()
        if isinstance(entries, list)
    }
    return {name: sorted(found) for name, found in labels.items() if found}


def _plan(plan: Document) -> Document:
    shown = {
        "version": plan["plan_version"],
        "sessions": plan.get("planned_sessions"),
        "minutes": plan.get("minutes_per_session"),
        "frequency": plan.get("frequency"),
        "techniques": [_technique(it) for it in plan["techniques"]],
        "goals": [goal["words"] for goal in plan["goals"]],
        "home_care": plan["home_care"],
    }
    return shown | _where_told(reassess_after=plan.get("reassess_after"), refined=_refined(plan))


def _refined(plan: Document) -> Document:
    if "rationale" not in plan:
        return {}
    return {"reason": plan["reason"], "rationale": plan["rationale"], "changed": plan["changed_fields"]}


def _assessment(it: Document) -> Document:
    shown = {
        "stage": it["stage"],
        "history": it.get("history"),
        "symptoms": it.get("symptoms"),
        "readings": [_reading(reading) for reading in it["readings"]],
        "instruments": [_result(result) for result in it["instruments"]],
    }
    return shown | _where_told(
        medications=it.get("health_update", {}).get("medications"),
        new_baseline_reason=it.get("new_baseline_reason"),
    )


def _reading(reading: Document) -> Document:
    return _where_told(
        measure=_name(reading["measure"]),
        site=_place(reading["site"]) if "site" in reading else None,
        phase=reading.get("phase"),
        value=reading.get("value"),
        unit=reading.get("unit"),
        scale=reading.get("scale"),
        finding=reading.get("finding"),
        absent=reading.get("absent_reason"),
        **_change(reading),
    )


def _result(result: Document) -> Document:
    scale = result.get("scale")
    return _where_told(
        instrument=_name(result["instrument"]),
        reported_score=result.get("reported_score"),
        computed_score=result.get("score"),
        scale=scale and f"{scale['min']:g}-{scale['max']:g}, higher is {scale['higher_is']}",
        absent=result.get("absent_reason"),
        **_change(result),
    )


def _change(measured: Document) -> Document:
    change = measured.get("reported_change", {})
    parts = {"change": "amount", "least": "least", "most": "most", "percent": "percent"}
    return {name: change.get(part) for name, part in parts.items()}


def _where_told(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part not in (None, {})}


def _screened(check: Document) -> str:
    found = [f"{_name(item)} {item['answer']}" for item in check["screening"]["items"]]
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


def _response(response: Document, sessions: Sequence[Document], first: date | None) -> Document:
    """With its day where that is not the day of its session."""
    numbers = {session["id"]: number for number, session in enumerate(sessions, 1)}
    after = numbers.get(response.get("session", ""))
    day = date.fromisoformat(response["occurred_at"][:10])
    of_session = None if after is None else date.fromisoformat(sessions[after - 1]["date_of_service"])
    return {
        "after_session": after,
        "note": response.get("note"),
        "adverse": [it["kind"]["code"] for it in response["adverse"]],
        **_where_told(day=(day - first).days if first and day != of_session else None),
    }


def _closure(closure: Document) -> Document:
    outcomes = [it.get("achieved", it.get("absent_reason")) for it in closure["outcomes"]]
    shown = {"reason": closure["reason"], "goals": outcomes, "summary": closure.get("summary")}
    return shown | _where_told(reason_words=closure.get("reason_words"))


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
