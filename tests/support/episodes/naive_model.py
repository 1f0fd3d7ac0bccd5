"""The rules of the clinic implemented again, naively: the state after these events, or at a moment.

It uses plain dicts and lists over the raw events, scans all of them for every question, and shares no rule
with the product: where the two disagree, one of them is wrong.
"""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from episodes.domain.event import RecordedEvent
from tests.support.episodes.refusal_table_rest import ROWS
from tests.support.vocabulary_page import COMMANDS, EVENTS

Row = dict[str, Any]
Time = tuple[datetime, str, str]
"""A moment, its precision and its time zone."""

_WITH_THEIR_ENTRY = ("events", "attestations", "rejudgements")
SECTIONS = {
    name: {"plan-refinements": "plans"}.get(section, section)
    for name, line in EVENTS.items()
    if (section := line.resource.partition("/")[0]) not in _WITH_THEIR_ENTRY
}
"""Where the state shows what is not shown with the entry it is about."""


def said(value: Any) -> Any:
    """A fact as a dict, without empty fields."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {name: said(part) for name, part in value.items() if part is not None}
    return [said(part) for part in value] if isinstance(value, tuple) else value


def local(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def order(one: Time, other: Time) -> int:
    """Negative, zero or positive, at the coarser precision. A day, month or year belongs to its own time
    zone; of one of which nothing is known only what is after its latest is after it.
    """
    if "unknown" in (one[1], other[1]):
        after = one[1] != "unknown" and order(one, latest(other)) > 0
        before = other[1] != "unknown" and order(other, latest(one)) > 0
        return after - before
    coarser = one if _rank(one) > _rank(other) else other
    first, second = (_label(moment, coarser) for moment in (one, other))
    return (first > second) - (first < second)


def _rank(moment: Time) -> int:
    return ("second", "minute", "day", "month", "year").index(moment[1])


def latest(moment: Time) -> Time:
    """The latest that it can be, if nothing else is known of it."""
    at, precision, zone = moment
    return (at, "second", zone) if precision == "unknown" else moment


def _label(moment: Time, coarser: Time) -> str:
    at, precision, zone = moment
    if coarser[1] in ("second", "minute"):
        return at.astimezone(UTC).isoformat(timespec={"second": "microseconds"}.get(coarser[1], "minutes"))
    day = local(at, zone if precision in ("day", "month", "year") else coarser[2])
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[coarser[1]]]


def end(moment: Time) -> datetime:
    """The end of a day, month or year. A more precise time is its own end."""
    at, precision, zone = moment
    if precision not in ("day", "month", "year"):
        return at
    day = local(at, zone)
    match precision:
        case "day":
            following = day + timedelta(days=1)
        case "month":
            following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        case _:
            following = date(day.year + 1, 1, 1)
    return datetime.combine(following, time(), ZoneInfo(zone)).astimezone(UTC)


def midnight(day: date, zone: str) -> Time:
    return datetime.combine(day, time(), ZoneInfo(zone)), "day", zone


def standing(events: Sequence[RecordedEvent[Any]]) -> list[Row]:
    """The entries as amended: completed, replaced or removed; and the amendments themselves."""
    rows: list[Row] = []
    for event in events:
        if event.metadata.type == "sessions-rejudged.1":
            _judge(rows, event.fact)
        for row in [row for row in rows if row["id"] == getattr(event.fact, "event", None)]:
            if event.metadata.type == "entry-retracted.1":
                rows.remove(row)
            _amend(row, event)
        header = event.metadata
        row = {"id": header.event_id, "type": header.type, "fact": said(event.fact), "header": header}
        row |= {"time": (header.occurred_at, header.precision, header.zone), "zone": header.zone}
        rows.append(row | {"performer": header.performer, "labels": list(event.labels)})
    return rows


def _amend(row: Row, event: RecordedEvent[Any]) -> None:
    fact = event.fact
    if event.metadata.type == "entry-added-to.1":
        row["fact"] = row["fact"] | said(fact.added)
        if fact.happened_at is not None:
            row["time"] = (fact.happened_at, fact.happened_precision or row["time"][1], row["zone"])
    elif event.metadata.type == "entry-corrected.1":
        row["fact"] = said(fact.replacement)
        row["time"] = (fact.happened_at, fact.happened_precision, row["zone"])
        row["performer"] = fact.performed_by or row["performer"]
    else:
        return
    row["labels"] = row["labels"] + [one for one in event.labels if one not in row["labels"]]


def _judge(rows: list[Row], fact: Any) -> None:
    """The last judgement counts; what was said of a breach that stands is kept."""
    for row, judged in [(row, one) for one in fact.sessions for row in rows if row["id"] == one.session]:
        said_of = {breach["rule"]: breach for breach in row["fact"]["breaches"]}
        breaches = [
            said_of.get(rule, {"rule": rule, "rules_version": fact.rules_version}) for rule in judged.breaches
        ]
        row["fact"] = row["fact"] | {"breaches": breaches}


def spans(rows: list[Row]) -> list[Row]:
    """The intervals over which something holds, one row for each."""
    found = []
    for place, row in enumerate(rows):
        for since, until in _stretches(rows[:place], row, rows[place + 1 :]):
            found.append({"row": row, "since": since, "until": until})
    return found


def _begun(row: Row) -> Time:
    """From when it holds at the latest; of what permits that is not known where its time is not."""
    time: Time = row["time"]
    return time if row["type"] in PERMITTING else latest(time)


def _stretches(earlier: list[Row], row: Row, later: list[Row]) -> list[list[Any]]:
    fact, begun, zone = row["fact"], _begun(row), row["zone"]
    if row["type"] in _UNTIL_THE_NEXT:
        return [[begun, _next(later, *_UNTIL_THE_NEXT[row["type"]])]]
    match row["type"]:
        case "treatment-consented.1":
            a_year_on = _a_year_after(local(begun[0], zone))
            last = min(fact.get("expires_on", a_year_on), a_year_on, _last_as_a_minor(earlier[0], row))
            return [[begun, _first_to_end([midnight(last, zone), *_withdrawals(row, later)])]]
        case "sharing-consented.1":
            return [[(fact["effective_from"], "second", zone), _first_to_end(_ends_of_sharing(row, later))]]
        case "clearance-recorded.1":
            return [[begun, _until_day(fact, zone)]]
        case "red-flag-cleared.1":
            there = any(one["id"] == fact["flag_id"] for one in earlier)
            return [[begun, _until_day(fact, zone)]] if there else []
        case "red-flag-raised.1":
            return _of_a_flag(row, later)
        case "referral-made.1":
            return [
                [begun, _first_to_end([latest(one["time"]) for one in later if _ends_referral(one, row)])]
            ]
    return []


PERMITTING = (
    *("treatment-consented.1", "clearance-recorded.1", "plan-set.1", "plan-refined.1"),
    "episode-opened.1",
)
"""Of these nothing is known to hold where their time is not known; of an opening somebody answers always."""
_UNTIL_THE_NEXT = {
    COMMANDS[ended].event: [COMMANDS[resource].event for resource, row in ROWS.items() if ended in row.ends]
    for ended in {ended for row in ROWS.values() for ended in row.ends}
}


def _ends_of_sharing(row: Row, later: list[Row]) -> list[Time]:
    ends = [row["fact"]["until"]] if "until" in row["fact"] else []
    if "of_age_on" in row["fact"]:
        ends.append(midnight(row["fact"]["of_age_on"], row["zone"])[0])
    withdrawn = [(at, "second", its) for at, _, its in _withdrawals(row, later)]
    return [*((end, "second", row["zone"]) for end in ends), *withdrawn]


def age_at(opened: Row, consent: Row) -> int:
    """The client's age at a consent: as sealed, else the age told and the birthdays of the opening since."""
    if "age" in consent["fact"]:
        return int(consent["fact"]["age"])
    if "age" not in opened["fact"]:
        return 18
    then, day = _last_day_of(opened), local(consent["time"][0], consent["zone"])
    return int(opened["fact"]["age"]) + day.year - then.year - (day.timetuple()[1:3] < then.timetuple()[1:3])


def _last_as_a_minor(opened: Row, consent: Row) -> date:
    """The last day of a guardian's consent for a minor; of any other the last of all days."""
    fact = consent["fact"]
    sealed = fact["of_age_on"] - timedelta(days=1) if "of_age_on" in fact else date.max
    if "age" in fact or fact["given"]["by"] != "guardian" or age_at(opened, consent) >= 18:
        return sealed
    then, years = _last_day_of(opened), 18 - opened["fact"]["age"]
    leaps = then.timetuple()[1:3] == (2, 29) and not isleap(then.year + years)
    of_age = date(then.year + years, 3, 1) if leaps else then.replace(year=then.year + years)
    return min(sealed, of_age - timedelta(days=1))


def _last_day_of(row: Row) -> date:
    at = row["time"][0]
    return max(local(at, row["zone"]), local(end(row["time"]) - timedelta(seconds=1), row["zone"]))


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)


def _withdrawals(row: Row, later: list[Row]) -> list[Time]:
    about = [one for one in later if one["fact"].get("consent_id") == row["id"]]
    return [_effective(one) for one in about]


def _effective(withdrawal: Row) -> Time:
    """A stated moment is exact, and when it happened as exact as that is known."""
    at = withdrawal["fact"]["effective_from"]
    return latest(withdrawal["time"]) if at == withdrawal["time"][0] else (at, "second", withdrawal["zone"])


def _until_day(fact: Row, zone: str) -> Time | None:
    return midnight(fact["valid_until"], zone) if "valid_until" in fact else None


def _of_a_flag(row: Row, later: list[Row]) -> list[list[Any]]:
    """The intervals of a flag: until it is cleared, and again once its clearance is no longer valid."""
    clearings = [one for one in later if one["fact"].get("flag_id") == row["id"]]
    clearings.sort(key=lambda one: one["fact"].get("valid_until", date.max), reverse=True)
    clearings.sort(key=lambda one: one["time"][0])  # of two at one time that which ends first comes last
    stands: list[list[Any]] = [[latest(row["time"]), None]]
    for clearing in clearings:
        if stands and stands[-1][1] is None:
            if order(latest(clearing["time"]), stands[-1][0]) >= 0:
                stands[-1][1] = latest(clearing["time"])
            else:
                stands.pop()
        if "valid_until" in clearing["fact"]:
            again = clearing["fact"]["valid_until"] + timedelta(days=1)
            stands.append([midnight(again, clearing["zone"]), None])
    return stands


def _ends_referral(one: Row, referral: Row) -> bool:
    fact = one["fact"]
    if fact.get("referral_id") != referral["id"]:
        return False
    return one["type"] == "referral-withdrawn.1" or not fact["accepted"]


def _first_to_end(ends: list[Time]) -> Time | None:
    return min(ends, key=end, default=None)


def _next(later: list[Row], *types: str) -> Time | None:
    return next((latest(one["time"]) for one in later if one["type"] in types), None)


def held(span: Row, when: Time) -> bool:
    """Whether it is known to hold then; its last moment or day is included."""
    return span["since"][1] != "unknown" and may_hold(span, when)


def may_hold(span: Row, when: Time) -> bool:
    """Whether it may hold then, for all that is known."""
    until = span["until"]
    return order(span["since"], when) <= 0 and (until is None or order(when, until) <= 0)


def of(rows: list[Row], *types: str) -> list[Row]:
    return [span for span in spans(rows) if span["row"]["type"] in types]


def status(rows: list[Row], when: Time | None = None) -> str:
    """The status. A closure or hold no longer holds at the moment it ends."""

    def lasts(span: Row) -> bool:
        until = span["until"]
        if when is None:
            return until is None
        return order(span["since"], when) <= 0 and (until is None or order(when, until) < 0)

    if any(map(lasts, of(rows, "episode-closed.1"))):
        return "closed"
    return "on_hold" if any(map(lasts, of(rows, "episode-held.1"))) else "open"


def responsible(rows: list[Row], when: Time | None = None) -> list[Row]:
    """Those responsible for the episode, in turn."""
    turns = []
    for span in of(rows, "episode-opened.1", "responsibility-transferred.1"):
        fact, header = span["row"]["fact"], span["row"]["header"]
        who = fact.get("to") or {"therapist": fact["therapist"], "clinic": header.clinic}
        if when is None or order(span["since"], when) <= 0:
            shown = _shown(span, when)
            turns.append(who | (shown if when is None else shown | {"holds": may_hold(span, when)}))
    return turns


def _shown(span: Row, when: Time | None) -> Row:
    shown: Row = {"since": span["since"][0], "until": span["until"] and span["until"][0]}
    return shown if when is None else shown | {"holds": held(span, when)}


def view(events: Sequence[RecordedEvent[Any]], when: Time | None) -> Row:
    """What staff see: everything at a version, or what had happened and what held at a moment."""
    rows = standing(events)
    sections: dict[str, list[Row]] = {}
    for row in rows:
        section = SECTIONS.get(row["type"])
        if section is not None and (when is None or order(row["time"], when) <= 0):
            sections.setdefault(section, []).append(_entry(events, rows, row, when))
    opened = sections.pop("episodes", [])
    last = events[-1].metadata
    shown = {
        "id": last.episode_id,
        "version": len(events),
        "status": status(rows, when),
        "clinic": last.clinic,
        "client": last.client,
        "responsible": responsible(rows, when),
        **sections,
    }
    return shown | ({"opened": opened[0]} if opened else {})


def _entry(events: Sequence[RecordedEvent[Any]], rows: list[Row], row: Row, when: Time | None) -> Row:
    header = row["header"]
    shown = {
        "id": row["id"],
        "type": row["type"],
        "version": header.version,
        "occurred_at": row["time"][0],
        "precision": row["time"][1],
        "recorded_at": header.recorded_at,
        "origin": header.origin,
        "performer": row["performer"],
        "labels": row["labels"] or None,
        **row["fact"],
        "amended_by": _pointing(events, row) or None,
        "attested_by": _vouching(events, row) or None,
        "rejudged_by": _rejudging(events, row) or None,
    }
    return {name: part for name, part in shown.items() if part is not None} | _stretch(rows, row, when)


def _stretch(rows: list[Row], row: Row, when: Time | None) -> Row:
    """The last interval that had begun by then, and whether any holds then."""
    mine = [span for span in spans(rows) if span["row"] is row]
    if not mine or row["type"] in ("episode-opened.1", "responsibility-transferred.1"):
        return {}
    begun = mine if when is None else [span for span in mine if order(span["since"], when) <= 0]
    shown = _shown((begun or mine[:1])[-1], when)
    return shown if when is None else shown | {"holds": any(held(span, when) for span in mine)}


def _pointing(events: Sequence[RecordedEvent[Any]], row: Row) -> list[Row]:
    amending = [event for event in events if getattr(event.fact, "event", None) == row["id"]]
    return [{"event": event.metadata.event_id, "type": event.metadata.type} for event in amending]


def _rejudging(events: Sequence[RecordedEvent[Any]], row: Row) -> list[Row]:
    return [
        {"event": event.metadata.event_id, "type": event.metadata.type}
        for event in events
        if event.metadata.type == "sessions-rejudged.1"
        and any(judged.session == row["id"] for judged in event.fact.sessions)
    ]


def _vouching(events: Sequence[RecordedEvent[Any]], row: Row) -> list[Row]:
    vouching = [event for event in events if row["id"] in getattr(event.fact, "events", ())]
    return [{"event": event.metadata.event_id, "type": event.metadata.type} for event in vouching]
