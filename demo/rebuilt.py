"""An episode's rebuilt state in plain lines, to be read by people."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from demo.lines import Document, line, moment

Line = tuple[str, str]
Tell = Callable[[Document], Iterator[Line]]


def state(document: Document) -> str:
    """In the order of care: what was found, planned, done, heard, and how it ended."""
    return "\n".join(
        [
            f"\nThe episode, rebuilt from its {document['version']} events: {document['status']}",
            *(line(name, text) for name, text in _told(document)),
        ]
    )


def _told(document: Document) -> Iterator[Line]:
    complaint = document["opened"]["complaint"]
    yield "complaint", ": ".join([_spaced(complaint["category"]), *_words(complaint)])
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
    return ((_spaced(assessment["stage"]), text) for text in _assessed(assessment))


def _assessed(assessment: Document) -> list[str]:
    readings = [_reading(reading) for reading in assessment["readings"]]
    results = [_result(result) for result in assessment["instruments"]]
    words = [text for part in ("history", "symptoms") for text in assessment.get(part, "").splitlines()]
    medication = [f"takes {it}" for it in assessment.get("health_update", {}).get("medications", [])]
    screened = assessment.get("screening", {}).get("items", [])
    caution = [
        f"beware: {it.get('text') or _spaced(it['code'])}" for it in screened if it["answer"] == "present"
    ]
    return [*readings, *results, *words, *medication, *caution]


def _reading(reading: Document) -> str:
    measured = _measured(reading)
    if "value" in reading:
        scale = f"({reading['scale']})" if "scale" in reading else ""
        return f"{measured} {reading['value']:g} {_unit(reading.get('unit', '{'))}{scale}".rstrip()
    if (change := reading.get("reported_change")) is not None:
        return f"{measured} changed by {_change(change)}"
    return f"{measured} {_spaced(reading.get('finding', reading.get('absent_reason', '')))}"


def _measured(reading: Document) -> str:
    """With its own words where they say more, and its side."""
    measure, side = reading["measure"], reading.get("site", {}).get("side")
    named = _named(measure)
    more = [measure["text"]] if "text" in measure and measure["text"] != named else []
    return " ".join([named, *([side] if side else []), *(f"[{words}]" for words in more)])


def _named(coded: Document) -> str:
    """A listed code says enough; another one is its words."""
    return str(coded["text"]) if coded["code"] == "other" else _spaced(coded["code"])


def _spaced(code: str) -> str:
    return code.replace("_", " ")


def _unit(unit: str) -> str:
    """As people write it; one that stands for a bare number is not written."""
    return "" if unit.startswith("{") else f"{unit.strip('[]').removesuffix('_i')} "


def _change(change: Document) -> str:
    """How much, in what unit and since when, as far as it is told."""
    much = [f"{change['amount']:g}"] if "amount" in change else []
    much += [f"{change['least']:g} to {change['most']:g}"] if "least" in change else []
    much += [f"{change['percent']:g} %"] if "percent" in change else []
    since = f" ({change['since']})" if "since" in change else ""
    return f"{', '.join(much)} {_unit(change.get('unit', '{'))}".rstrip() + since


def _result(result: Document) -> str:
    change = result.get("reported_change")
    told = [_named(result["instrument"])]
    told += [f"{result['reported_score']:g} as reported"] if "reported_score" in result else []
    told += [result["absent_reason"]] if "absent_reason" in result else []
    return (
        f"{' '.join(told)}{_ends(result.get('scale'))}{f', changed by {_change(change)}' if change else ''}"
    )


def _ends(scale: Document | None) -> str:
    if scale is None:
        return ""
    return f" ({scale['min']:g} to {scale['max']:g}, higher is {scale['higher_is']})"


def _planned(plan: Document) -> Iterator[Line]:
    name = f"plan {plan['plan_version']}"
    yield name, f"{', '.join(_visits(plan))}: {_techniques(plan['techniques'])}"
    if plan["goals"]:
        yield name, f"to {', to '.join(goal.get('words', goal['id']) for goal in plan['goals'])}"
    yield from ((name, f"at home: {words}") for words in plan["home_care"])
    if "rationale" in plan:
        changed = ", ".join(_spaced(field) for field in plan["changed_fields"])
        yield name, f"refined, {plan['reason']}: {plan['rationale']} Changed: {changed}"


def _visits(plan: Document) -> Iterator[str]:
    """How many, how long and how often."""
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
    verdict = f"check {checks[session['check_id']]}" if "check_id" in session else "no check"
    said = [session["date_of_service"], lasted, what, verdict]
    return ", ".join([*said, *([f"BREACH {broken}"] if broken else [])])


def _techniques(techniques: Iterable[Document]) -> str:
    return " + ".join(dict.fromkeys(it.get("text") or _spaced(it["code"]) for it in techniques))


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
    """What no published case has is shown by its type alone."""
    yield "", f"{entry['occurred_at'][:10]}, {entry['type'].rpartition('.')[0].replace('-', ' ')}"


def _words(entry: Document) -> list[str]:
    return [entry["words"]] if "words" in entry else []


def _told_of(document: Document, *names: str) -> list[str]:
    return [_spaced(document[name].removesuffix(".")) for name in names if name in document]


_BEFORE: Mapping[str, Tell] = {"sharing-consents": _sharing, "assessments": _assessment, "plans": _planned}
_REST = ("red-flags", "clearances", "hold", "referrals", "transfers", "partner-reports", "reopening")
_AFTERWARDS: Mapping[str, Tell] = {
    "missed-sessions": _missed,
    "responses": _response,
    "closure": _closure,
    **dict.fromkeys(_REST, _named_only),
}
"""The sections of an episode in the order of care, before its sessions and after them."""
