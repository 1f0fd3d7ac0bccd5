"""What a script says, in the form in which `carrying` has the facts; what it leaves absent says nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from demo.scripts import Script, Step
from tests.cases.carrying import Said, plain

_UNITS = ("deg", "cm", "[in_i]")
"""Units that are measured; the others stand for a bare number or a count."""


def said(script: Script) -> set[Said]:
    """Every statement of the script about the client."""
    statements: set[Said] = set()
    sessions = 0
    for step in script.steps:
        statements.update(_said(step, sessions))
        sessions += step.post == "sessions"
    return statements


def _said(step: Step, sessions: int) -> Iterator[Said]:
    """What one step says; `sessions` were delivered before it."""
    return _SAID.get(step.post, _nothing)(step.body, sessions)


def _nothing(body: Any, sessions: int) -> Iterator[Said]:
    """Consents are the walk's, and no fact of a report."""
    return iter(())


def _opening(body: Any, _: int) -> Iterator[Said]:
    complaint = body["complaint"]
    yield "complaint", plain(complaint["words"])
    yield "category", plain(complaint["category"])
    if "age" in body:
        yield "age", body["age"]
    for site in complaint["sites"]:
        yield "site", _words(site)
        for side in {"both": ("left", "right")}.get(site.get("side"), (site.get("side"),)):
            if side:
                yield "side", side


def _assessment(body: Any, sessions: int) -> Iterator[Said]:
    first = body["stage"] == "baseline"
    part = "assessment" if first else "outcome"
    yield from (("history", plain(line)) for line in body.get("history", "").splitlines())
    if first:
        yield from (("found first", plain(line)) for line in body.get("symptoms", "").splitlines())
    elif body["stage"] != "new_baseline":  # its words are those of the refined plan
        yield from _lines(body, "symptoms", sessions)
    yield from (("medication", plain(it)) for it in body.get("health_update", {}).get("medications", []))
    yield from _screening(body)
    for measured in (*body["readings"], *body.get("instruments", [])):
        yield from _measured(part, measured)


def _measured(part: str, it: Any) -> Iterator[Said]:
    what = it.get("measure") or it["instrument"]
    value = it.get("value", it.get("reported_score"))
    change = it.get("reported_change", {})
    amounts = frozenset((name, much) for name, much in change.items() if name not in ("unit", "since"))
    if "absent_reason" in it and "measure" in it:
        return
    unit = it.get("unit", change.get("unit", ""))
    scale = it.get("scale")
    if isinstance(scale, dict):
        scale = f"{scale['min']}-{scale['max']}, higher is {scale['higher_is']}"
    yield (
        *(part, _words(what), it.get("site", {}).get("side"), value, amounts, plain(it.get("finding", ""))),
        *(unit if unit in _UNITS else "", scale and _scale(scale, unit), change.get("since")),
    )
    if it.get("mode", "unknown") != "unknown":
        yield "mode", _words(what), it["mode"]


def _scale(scale: str, unit: str) -> str:
    return scale if unit in _UNITS else plain(scale)


def _plan(body: Any, _: int) -> Iterator[Said]:
    for field in ("planned_sessions", "frequency", "minutes_per_session"):
        if field in body:
            yield field, plain(body[field]) if isinstance(body[field], str) else body[field]
    yield from (("goal", plain(goal["words"])) for goal in body["goals"])
    yield from (("home care", plain(words)) for words in body["home_care"])
    yield from (("technique", _words(it)) for it in body["techniques"])


def _refinement(body: Any, sessions: int) -> Iterator[Said]:
    yield "refined", plain(body["frequency"]), sessions
    yield "rationale", plain(body["rationale"]), sessions


def _check(body: Any, sessions: int) -> Iterator[Said]:
    yield from (("checked", sessions + 1, _words(it)) for it in body["techniques"])
    yield from _screening(body)


def _missed(body: Any, _: int) -> Iterator[Said]:
    yield "noted", plain(body["words"]), None


def _response(body: Any, _: int) -> Iterator[Said]:
    session = int(body["session"].removeprefix("$session ")) if "session" in body else None
    yield from _lines(body, "note", session)
    yield from (("adverse", _words(it["kind"])) for it in body["adverse"])


def _closure(body: Any, sessions: int) -> Iterator[Said]:
    yield from _lines(body, "summary", sessions)
    if "reason_words" in body:
        yield "reason", plain(body["reason_words"])


def _session(body: Any, sessions: int) -> Iterator[Said]:
    number = sessions + 1
    yield "n", number, number
    yield "day_offset", number, int(body["date_of_service"].removeprefix("$day "))
    if "duration" in body:
        yield "minutes", number, body["duration"]
    if "soap" in body:
        yield "notes_own_words", number, plain(body["soap"]["assessment"])
    yield from (("given", number, _words(it)) for it in body["techniques"])
    for reading in body["readings"]:
        yield from _measured(f"session {number}", reading)


def _screening(body: Any) -> Iterator[Said]:
    yield from (("screening", plain(item["text"])) for item in body.get("screening", {}).get("items", []))


def _lines(body: Any, field: str, session: int | None) -> Iterator[Said]:
    yield from (("noted", plain(line), session) for line in body.get(field, "").splitlines())


def _words(coded: Any) -> str:
    return plain(coded.get("text", coded["code"]))


_SAID: Mapping[str, Callable[[Any, int], Iterator[Said]]] = {
    "episodes": _opening,
    "assessments": _assessment,
    "plans": _plan,
    "plan-refinements": _refinement,
    "session-checks": _check,
    "sessions": _session,
    "missed-sessions": _missed,
    "responses": _response,
    "closure": _closure,
}
