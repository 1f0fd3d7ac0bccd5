"""Describes an episode's rebuilt state in plain lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from demo.lines import Document, line, moment, spaced
from demo.measurements import reading_in_words, result_in_words

Line = tuple[str, str]
Tell = Callable[[Document], Iterator[Line]]


def state(document: Document) -> str:
    """Describe an episode in the order of care: findings, plans, sessions, responses, and how it ended."""
    return "\n".join(
        [
            f"\nThe episode, rebuilt from its {document['version']} events: {document['status']}",
            *(line(name, text) for name, text in _told(document)),
        ]
    )


def _told(document: Document) -> Iterator[Line]:
    complaint = document["opened"]["complaint"]
    yield "complaint", ": ".join([spaced(complaint["category"]), *_words(complaint)])
    checks = {check["id"]: check["verdict"] for check in document.get("session-checks", [])}
    yield from _sections(document, _BEFORE)
    for number, session in enumerate(document.get("sessions", []), 1):
        yield f"session {number}", _session(session, checks)
    yield from _sections(document, _AFTERWARDS)


def _sections(document: Document, sections: Mapping[str, Tell]) -> Iterator[Line]:
    for name, tell in sections.items():
        for entry in document.get(name, []):
            yield from tell(entry)


def _sharing(consent: Document) -> Iterator[Line]:
    kinds = consent.get("kinds")
    yield "sharing", f"with the partner: {', '.join(kinds)}" if kinds else "withdrawn"


def _assessment(assessment: Document) -> Iterator[Line]:
    return ((spaced(assessment["stage"]), text) for text in _assessed(assessment))


def _assessed(assessment: Document) -> list[str]:
    readings = [reading_in_words(reading) for reading in assessment["readings"]]
    results = [result_in_words(result) for result in assessment["instruments"]]
    words = [text for part in ("history", "symptoms") for text in assessment.get(part, "").splitlines()]
    medication = [f"takes {it}" for it in assessment.get("health_update", {}).get("medications", [])]
    screened = assessment.get("screening", {}).get("items", [])
    caution = [
        f"beware: {it.get('text') or spaced(it['code'])}" for it in screened if it["answer"] == "present"
    ]
    return [*readings, *results, *words, *medication, *caution]


def _planned(plan: Document) -> Iterator[Line]:
    name = f"plan {plan['plan_version']}"
    yield name, f"{', '.join(_visits(plan))}: {_techniques(plan['techniques'])}"
    if plan["goals"]:
        yield name, f"to {', to '.join(goal.get('words', goal['id']) for goal in plan['goals'])}"
    yield from ((name, f"at home: {words}") for words in plan["home_care"])
    if "rationale" in plan:
        changed = ", ".join(spaced(field) for field in plan["changed_fields"])
        yield name, f"refined, {plan['reason']}: {plan['rationale']} Changed: {changed}"


def _visits(plan: Document) -> Iterator[str]:
    """How many sessions are planned, how long and how often."""
    minutes = f" of {plan['minutes_per_session']} min" if "minutes_per_session" in plan else ""
    if "planned_sessions" in plan:
        yield f"{plan['planned_sessions']} sessions{minutes}"
    elif minutes:
        yield f"sessions{minutes}"
    yield plan.get("frequency", "how often is not told").removesuffix(".")


def _session(session: Document, checks: Mapping[str, str]) -> str:
    broken = ", ".join(breach["rule"] for breach in session["breaches"])
    lasted = f"{session['duration']} min" if "duration" in session else "minutes not told"
    what = _techniques(session["techniques"]) or "techniques not told"
    verdict = f"check {checks[session['check_id']]}" if session.get("check_id") in checks else "no check"
    said = [session["date_of_service"], lasted, what, verdict]
    return ", ".join([*said, *([f"BREACH {broken}"] if broken else [])])


def _techniques(techniques: Iterable[Document]) -> str:
    return " + ".join(dict.fromkeys(it.get("text") or spaced(it["code"]) for it in techniques))


def _missed(missed: Document) -> Iterator[Line]:
    why = ": ".join([missed["reason"], *_words(missed)])
    yield "missed", f"{missed['planned_start'][:10]}, {why}"


def _response(response: Document) -> Iterator[Line]:
    adverse = "".join(f" [adverse: {it['kind']['code']}]" for it in response["adverse"])
    said = response.get("note") or response.get("client_words") or "noted"
    for text in said.splitlines():
        yield "response", f"{moment(response['occurred_at'])[:10]}, {text}{adverse}"


def _closure(closure: Document) -> Iterator[Line]:
    yield "closed", ". ".join(_told_of(closure, "reason", "reason_words", "summary"))


def _named_only(entry: Document) -> Iterator[Line]:
    """Show an entry by its day and type only; no published case has one of these."""
    yield "", f"{entry['occurred_at'][:10]}, {entry['type'].rpartition('.')[0].replace('-', ' ')}"


def _words(entry: Document) -> list[str]:
    return [entry["words"]] if "words" in entry else []


def _told_of(document: Document, *names: str) -> list[str]:
    return [spaced(document[name].removesuffix(".")) for name in names if name in document]


_BEFORE: Mapping[str, Tell] = {"sharing-consents": _sharing, "assessments": _assessment, "plans": _planned}
_REST = ("red-flags", "clearances", "hold", "referrals", "transfers", "partner-reports", "reopening")
_AFTERWARDS: Mapping[str, Tell] = {
    "missed-sessions": _missed,
    "responses": _response,
    "closure": _closure,
    **dict.fromkeys(_REST, _named_only),
}
"""The sections of an episode in the order of care, before its sessions and after them."""
