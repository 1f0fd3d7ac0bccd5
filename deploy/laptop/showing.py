"""What a walk prints: plain lines, to be read by people."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from laptop.addresses import Addresses
from laptop.cases import Case
from laptop.commands import Command

Document = Mapping[str, Any]

HEADING = f"\n{'version':>7}  {'event':24}{'occurred at':18}what became of it"


def title(case: Case, commands: list[Command], today: date) -> str:
    last = f"{len(commands)} steps, laid out so that the last was the day before {today}"
    return f"\n{case['id']}: {case['title']}\n{last}"


def step(event: Document, course: str) -> str:
    """One event as it was recorded, and what became of it."""
    name = event["type"].rpartition(".")[0]
    return f"{event['version']:7}  {name:24}{_moment(event['occurred_at']):18}{course}"


def state(document: Document) -> str:
    """The rebuilt state."""
    opened = document["opened"]
    lines = [
        f"\nThe episode, rebuilt from its {document['version']} events: {document['status']}",
        _line("complaint", f"{opened['complaint']['category']}: {opened['complaint']['words']}"),
    ]
    lines += [
        _line("sharing", f"with the partner: {', '.join(it['kinds'])}") for it in document["sharing-consents"]
    ]
    lines += [_line(it["stage"], text) for it in document["assessments"] for text in _measured(it)]
    lines += [_line(f"plan {it['plan_version']}", _plan(it)) for it in document["plans"]]
    checks = {it["id"]: it["verdict"] for it in document["session-checks"]}
    lines += [
        _line(f"session {number}", _session(it, checks)) for number, it in enumerate(document["sessions"], 1)
    ]
    lines += [_line("response", _response(it)) for it in document.get("responses", [])]
    lines += [_line("closed", f"{it['reason']}: {it['summary']}") for it in document.get("closure", [])]
    return "\n".join(lines)


def inbox(items: Iterable[Document]) -> str:
    lines = [_line(it["severity"], f"{it['concern']}, {_moment(it['occurred_at'])}") for it in items]
    return "\n".join(["\nThe clinic's inbox about it:", *(lines or [_line("", "nothing")])])


def addresses(all_of: Addresses) -> str:
    return "\n".join(
        [
            "\nAddresses",
            _line("episodes", f"{all_of.episodes}   /openapi.json /metrics /health/ready"),
            _line("notifications", f"{all_of.notifications}   /openapi.json /metrics /health/ready"),
            _line("demo partner", f"{all_of.partner}   what it received"),
        ]
    )


def tokens(by_role: Mapping[str, str]) -> str:
    lines = [f"{role.upper()}={token}" for role, token in by_role.items()]
    return "\n".join(["\nA token per role, to paste into a shell (valid for a day)", *lines])


def to_try(all_of: Addresses, episode: str | None) -> str:
    """Two requests that give something to see."""
    shown = f"/v1/episodes/{episode}/history" if episode else "/v1/feed"
    reader = "THERAPIST" if episode else "SERVICE"
    subscriptions = f"{all_of.notifications}/v1/subscriptions"
    return "\n".join(
        [
            "\nTwo requests to try",
            f'  curl -H "Authorization: Bearer ${reader}" {all_of.episodes}{shown}',
            f'  curl -H "Authorization: Bearer $PARTNER" {subscriptions}',
        ]
    )


def _measured(assessment: Document) -> list[str]:
    readings = [_reading(reading) for reading in assessment["readings"]]
    results = [_result(result) for result in assessment["instruments"]]
    words = [line for part in ("history", "symptoms") for line in assessment.get(part, "").splitlines()]
    return [*readings, *results, *words]


def _reading(reading: Document) -> str:
    side = reading.get("site", {}).get("side", "")
    name = " ".join(part for part in (reading["measure"]["code"], side) if part)
    change = reading.get("reported_change")
    if "value" in reading:
        return f"{name} {reading['value']:g} {_unit(reading['unit'])}({reading['scale']})"
    if change is not None:
        return f"{name} changed by {change['amount']:g} ({change['since']}; {reading['scale']})"
    return f"{name} {reading.get('finding', reading.get('absent_reason'))}"


def _unit(unit: str) -> str:
    return "" if unit.startswith("{") else f"{unit} "


def _result(result: Document) -> str:
    scale = result["scale"]
    ends = f"{scale['min']:g} to {scale['max']:g}, higher is {scale['higher_is']}"
    return f"{result['instrument']['code']} {result['reported_score']:g} as reported ({ends})"


def _plan(plan: Document) -> str:
    visits = f"{plan['planned_sessions']} sessions of {plan['minutes_per_session']} min, {plan['frequency']}"
    return f"{visits}: {_techniques(plan['techniques'])}"


def _session(session: Document, checks: Mapping[str, str]) -> str:
    broken = ", ".join(breach["rule"] for breach in session["breaches"])
    what = _techniques(session["techniques"]) or "techniques not told"
    verdict = f"check {checks[session['check_id']]}" if "check_id" in session else "no check"
    said = [session["date_of_service"], f"{session['duration']} min", what, verdict]
    return ", ".join([*said, *([f"BREACH {broken}"] if broken else [])])


def _techniques(techniques: Iterable[Document]) -> str:
    return " + ".join(dict.fromkeys(it.get("text") or it["code"] for it in techniques))


def _response(response: Document) -> str:
    adverse = "".join(f" [adverse: {it['kind']['code']}]" for it in response["adverse"])
    return f"{_moment(response['occurred_at'])[:10]}, {response['note']}{adverse}"


def _line(name: str, text: str) -> str:
    return f"  {name:14}{text}"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M")
