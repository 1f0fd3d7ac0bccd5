"""Which rules of care sessions broke, by all that is known: implemented again, naively, over a naive model's
rows.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from episodes.domain.event import RecordedEvent
from tests.support.episodes.naive_model import (
    Row,
    Time,
    age_at,
    held,
    local,
    may_hold,
    midnight,
    of,
    order,
    standing,
)

PLANS = ("plan-set.1", "plan-refined.1")


def judgements(events: Sequence[RecordedEvent[Any]]) -> dict[Any, set[str]]:
    """The rules that each session broke, by the id of its event."""
    rows = standing(events)
    return {row["id"]: set(broken(rows, row)) for row in rows if row["type"] == "session-delivered.1"}


def verdicts(events: Sequence[RecordedEvent[Any]]) -> dict[Any, str]:
    """What each check would say."""
    rows = standing(events)
    return {row["id"]: _verdict(rows, row) for row in rows if row["type"] == "session-checked.1"}


def _verdict(rows: list[Row], check: Row) -> str:
    if stops(rows, check):
        return "stop"
    limited = "limits" in check["fact"] or any(
        item.get("judgement") == "proceed_with_limits" for item in check["fact"]["screening"]["items"]
    )
    accepted = any(
        held(span, check["time"]) and span["row"]["fact"]["finding"] == "accepted_with_limits"
        for span in of(rows, "red-flag-cleared.1")
    )
    return "go_with_limits" if limited or accepted else "go"


def broken(rows: list[Row], session: Row) -> Iterator[str]:
    fact, when = session["fact"], session["time"]
    yield from _barred(rows, fact["techniques"], when)
    plan = None if _unknown(when) else _in_force(rows, when, *PLANS)
    yield from _check(rows, session)
    yield from _done(fact, plan)
    if _too_much_pressure(rows, session):
        yield "pressure-beyond-limits"


def _barred(rows: list[Row], techniques: list[Row], when: Time) -> Iterator[str]:
    if _unknown(when) or _in_force(rows, when, *PLANS) is None:
        yield _missing(of(rows, *PLANS), when, "no-plan-in-force")
    yield from _consent(rows, techniques, when)
    holding = {"open-red-flag": _flagged(rows, when), "episode-on-hold": _on_hold(rows, when)}
    for rule in [rule for rule, holds in holding.items() if holds]:
        yield "time-not-known" if _unknown(when) else rule


def _unknown(when: Time) -> bool:
    return when[1] == "unknown"


def _missing(found: list[Row], when: Time, rule: str) -> str:
    return "time-not-known" if any(may_hold(span, when) for span in found) else rule


def _done(fact: Row, plan: Row | None) -> Iterator[str]:
    lasted = fact.get("duration")
    if lasted is None and "start" in fact and "end" in fact:
        lasted = (fact["end"] - fact["start"]) / timedelta(minutes=1)
    if lasted is not None and sum(one.get("minutes", 0) for one in fact["techniques"]) > lasted:
        yield "minutes-exceed-duration"
    if plan is not None:
        planned = [_named(one) for one in plan["fact"]["techniques"]]
        if any(_named(one) not in planned and "deviation_reason" not in one for one in fact["techniques"]):
            yield "technique-outside-plan"


def stops(rows: list[Row], check: Row) -> bool:
    when = check["time"]
    items = check["fact"]["screening"]["items"]
    judged = [item.get("judgement") for item in items]
    silent = [item for item in items if item["answer"] == "present" and "judgement" not in item]
    return (
        any(_barred(rows, check["fact"]["techniques"], when))
        or "stop" in judged
        or bool(silent)
        or any(_not_cleared(rows, item["clearance_id"], when) for item in items if "clearance_id" in item)
    )


def _check(rows: list[Row], session: Row) -> Iterator[str]:
    named, when = session["fact"].get("check_id"), session["time"]
    found = [row for row in rows if row["id"] == named]
    if named is None or not found:
        yield "no-session-check"
        return
    check = found[0]
    if stops(rows, check):
        yield "check-said-stop"
    if order(_day(check), _day(session)) != 0:
        yield "check-of-another-day"
    elif order(check["time"], when) > 0:
        yield "check-after-start"
    others = [row for row in rows if row["type"] == session["type"] and row["id"] != session["id"]]
    if any(row["fact"].get("check_id") == named and order(row["time"], when) <= 0 for row in others):
        yield "check-used-before"


def _day(row: Row) -> Time:
    at, precision, zone = row["time"]
    return midnight(local(at, zone), zone) if precision in ("second", "minute", "day") else row["time"]


def _not_cleared(rows: list[Row], clearance: Any, when: Time) -> bool:
    spans = [span for span in of(rows, "clearance-recorded.1") if span["row"]["id"] == clearance]
    return _unknown(when) or not any(held(span, when) for span in spans)


def _too_much_pressure(rows: list[Row], session: Row) -> bool:
    fact, known = session["fact"], {row["id"]: row["fact"] for row in rows}
    check = known.get(fact.get("check_id"), {})
    screened = [*check.get("screening", {}).get("items", []), *fact.get("screening", {}).get("items", [])]
    limiting = [check, *(known.get(item.get("clearance_id"), {}) for item in screened)]
    limiting += [
        span["row"]["fact"]
        for span in of(rows, "red-flag-cleared.1")
        if held(span, session["time"]) and span["row"]["fact"]["finding"] == "accepted_with_limits"
    ]
    return any(
        "pressure" in limits
        and technique.get("pressure", 0) > limits["pressure"]
        and _binds(limits, technique)
        for limits in (fact["limits"] for fact in limiting if "limits" in fact)
        for technique in fact["techniques"]
    )


def _binds(limits: Row, technique: Row) -> bool:
    techniques, sites = [_named(one) for one in limits["techniques"]], limits["sites"]
    return (not techniques or _named(technique) in techniques) and (
        not sites or any(_may_be(site, technique["site"]) for site in sites)
    )


def _may_be(one: Row, other: Row) -> bool:
    sides = {one.get("side", "unknown"), other.get("side", "unknown")}
    return "whole_body" in (one["code"], other["code"]) or (
        _named(one) == _named(other) and (len(sides) == 1 or bool(sides & {"unknown", "both"}))
    )


def _in_force(rows: list[Row], when: Time, *types: str) -> Row | None:
    found = [span["row"] for span in of(rows, *types) if held(span, when)]
    return found[-1] if found else None


def _consent(rows: list[Row], techniques: list[Row], when: Time) -> Iterator[str]:
    covering = [
        span
        for span in of(rows, "treatment-consented.1")
        if _covers(span["row"]["fact"]["scope"], techniques)
    ]
    fitting = [span["row"] for span in covering if held(span, when)]
    if _unknown(when) or not fitting:
        yield _missing(covering, when, "no-treatment-consent")
    elif all(row["fact"]["given"]["by"] == "client" and age_at(rows[0], row) < 18 for row in fitting):
        yield "consent-of-a-minor-alone"


def _covers(scopes: list[Row], techniques: list[Row]) -> bool:
    if not scopes or any(scope["of"] == "general" for scope in scopes):
        return True
    named = [scope["technique"]["code"] for scope in scopes if "technique" in scope]
    return bool(techniques) and all(technique["code"] in named for technique in techniques)


def _flagged(rows: list[Row], when: Time) -> bool:
    return any(
        held(span, when) and span["row"]["fact"]["holds_care"] for span in of(rows, "red-flag-raised.1")
    )


def _on_hold(rows: list[Row], when: Time) -> bool:
    return any(
        order(span["since"], when) <= 0 and (span["until"] is None or order(when, span["until"]) < 0)
        for span in of(rows, "episode-held.1")
    )


def _named(coded: Row) -> tuple[str, str | None]:
    return coded["code"], coded.get("text") if coded["code"] == "other" else None
