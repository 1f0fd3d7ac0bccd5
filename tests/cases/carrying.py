"""The facts of a case as statements, to be compared with those of its script (`saying`).

A measurement is one statement: what, on which side, how much, in what unit, on which scale, at which end of
the course. So a number is never found in a sentence that happens to hold it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cases.case_facts import Case

TABLE = Path(__file__).with_name("not_carried.toml")

Place = tuple[str | int, ...]
Said = tuple[object, ...]
"""A statement: its kind, then what is said."""

_PAIN_TAKEN = ("initial", "final", "after treatment series")
"""When pain was taken, if that is a moment; else the report tells of some sessions, and it stays words."""
_LENGTHS = {"degrees": ("deg", "degrees"), "distance_cm": ("cm", "cm"), "distance_in": ("[in_i]", "in")}
_CHANGES = {
    "change": "amount",
    "change_percent": "percent",
    "change_degrees": "amount",
    "change_degrees_min": "least",
    "change_degrees_max": "most",
}
_FINDINGS = {"within normal range at baseline": "normal"}
_ENDS = re.compile(r"(\d+-\d+|percent), higher is (?:worse|better)")
_MEASURED = re.compile(r"(assessment|outcome)\.(pain|rom|instruments)\[\*\]")
_KINDS = {
    "client.age": "age",
    "complaint.text_in_own_words": "complaint",
    "complaint.category": "category",
    "complaint.body_sites[*]": "site",
    "complaint.sides[*]": "side",
    "history[*]": "history",
    "medications[*]": "medication",
    "screening.contraindications_or_red_flags[*]": "screening",
    "screening.cautions[*]": "screening",
    "assessment.other_findings[*]": "found first",
    "plan.techniques[*]": "technique",
    "plan.sessions": "planned_sessions",
    "plan.frequency": "frequency",
    "plan.minutes_per_session": "minutes_per_session",
    "plan.goals[*]": "goal",
    "plan.home_care[*]": "home care",
    "outcome.adverse_events[*]": "adverse",
}
"""The places whose value is a statement of its own."""
_OF_A_SESSION = ("n", "day_offset", "minutes", "notes_own_words")


@dataclass(frozen=True)
class Line:
    """One of the table: a place (`[*]` for any index, `.*` for all below) and its values, if not all."""

    place: str
    reason: str
    values: Sequence[object] = ()
    case: str | None = None

    def covers(self, case: str, place: str, value: Any) -> bool:
        whole = self.place.removesuffix(".*")
        below = whole != self.place and place.startswith((f"{whole}.", f"{whole}["))
        meant = not self.values or value in self.values
        return (below or place == self.place) and meant and self.case in (None, case)


@dataclass(frozen=True)
class Fact:
    """Something that a case tells; it is carried when all of `forms` are said, in one of their variants."""

    place: str
    value: Any
    forms: tuple[frozenset[Said], ...]

    def carried(self, said: set[Said]) -> bool:
        return bool(self.forms) and all(variants & said for variants in self.forms)


def read_table(part: str) -> list[Line]:
    """`not_carried`: facts without a command. `added`: what a script says and no report tells."""
    return [Line(**line) for line in tomllib.loads(TABLE.read_text(encoding="utf-8"))[part]]


def facts(case: Case) -> Iterator[Fact]:
    """Every leaf of a case, and every measurement as a whole; without a form if nobody has a place for it."""
    for path, value in _leaves(case):
        place = named(path)
        forms = _forms(case, path, place, value)
        yield Fact(place, value, tuple(frozenset(variants) for variants in forms))


def named(place: Place) -> str:
    """As the table writes it."""
    written = "".join("[*]" if isinstance(part, int) else f".{part}" for part in place)
    return written.removeprefix(".")


def plain(words: str) -> str:
    """Words and codes alike."""
    return words.replace("_", " ").casefold()


def _leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    match value:
        case dict() if not _MEASURED.fullmatch(named(path)):
            for name, part in value.items():
                yield from _leaves(part, (*path, name))
        case list():
            for index, part in enumerate(value):
                yield from _leaves(part, (*path, index))
        case None:
            pass
        case _:
            yield path, value


def _forms(case: Case, path: Place, place: str, value: Any) -> list[Iterable[Said]]:
    """What must be said, each with its variants."""
    if place in _KINDS:
        return [[(_KINDS[place], _figure(value))]]
    if measured := _MEASURED.fullmatch(place):
        return list(_measurement(measured[1], measured[2], value, len(case["sessions"])))
    if place == "client.occupation":
        return [[("history", plain(f"Occupation: {value}"))]]
    if place == "outcome.summary_own_words":
        return [_noted(value, case)]
    section = path[0]
    if section == "responses":
        return _response(case["responses"][path[1]], path[2], value, case)
    if section == "refinements":
        return _refinement(case["refinements"][path[1]], path[2], value)
    return _session(case["sessions"][path[1]], path[2], value) if section == "sessions" else []


def _response(response: Case, field: Any, value: Any, case: Case) -> list[Iterable[Said]]:
    if field == "finding":
        return [_noted(value, case)]
    return [[("noted", plain(response["finding"]), value)]] if field == "after_session" else []


def _refinement(refined: Case, field: Any, value: Any) -> list[Iterable[Said]]:
    after = refined["after_session"]
    if field == "reason":
        return [[("rationale", plain(value), after)]]
    return [[("refined", plain(refined["change"]), after)]] if field in ("change", "after_session") else []


def _session(session: Case, field: Any, value: Any) -> list[Iterable[Said]]:
    number = session["n"]
    if field == "techniques":
        return [[("checked", number, plain(value))], [("given", number, plain(value))]]
    return [[(field, number, _figure(value))]] if field in _OF_A_SESSION else []


def _noted(words: str, case: Case) -> list[Said]:
    """After whichever session, or none."""
    return [("noted", plain(words), number) for number in (None, *range(len(case["sessions"]) + 1))]


def _measurement(part: str, kind: str, entry: Case, sessions: int) -> Iterator[Iterable[Said]]:
    match kind:
        case "pain":
            yield from _pain(part, entry, sessions)
        case "rom":
            yield from _motion(part, entry, sessions)
        case _:
            yield from _instrument(part, entry, sessions)


def _pain(part: str, entry: Case, sessions: int) -> Iterator[Iterable[Said]]:
    moment, _, where = entry["when"].partition("; ")
    if "value" in entry and moment not in _PAIN_TAKEN:
        yield _remark(part, f"{entry['scale']}, {entry['when']}: {entry['value']}", sessions)
        return
    since = entry["when"] if "value" not in entry else None
    yield [(part, plain(where or "pain"), None, *_much(entry), "", plain(entry["scale"]), since)]


def _motion(part: str, entry: Case, sessions: int) -> Iterator[Iterable[Said]]:
    unit, scale = next((_LENGTHS[name] for name in _LENGTHS if name in entry), ("", None))
    if any(name.startswith("change") for name in entry):
        unit = "deg"
    side = {"bilateral": "both"}.get(entry.get("side", ""), entry.get("side"))
    yield [(part, plain(f"{entry['joint']}, {entry['motion']}"), side, *_much(entry), unit, scale, None)]
    if entry.get("finding") in _FINDINGS:
        yield _remark(part, f"{entry['joint']}, {entry['motion']}: {entry['finding']}", sessions)
    if "active_or_passive" in entry:
        yield [("mode", plain(f"{entry['joint']}, {entry['motion']}"), entry["active_or_passive"])]


def _instrument(part: str, entry: Case, sessions: int) -> Iterator[Iterable[Said]]:
    """A questionnaire's result with the ends of its scale, or a reading on a scale in words."""
    ends = _ENDS.match(entry["scale"])
    scale = ends[0].replace("percent", "0-100") if ends else None
    about = (part, plain(entry["name"]), None, *_much(entry), "")
    yield [(*about, scale, None), (*about, plain(entry["scale"]), None)]
    if "direction" not in entry and not (ends and ends[0] == entry["scale"]):
        yield [
            *_remark(part, f"{entry['name']}: {entry['scale']}", sessions),
            (*about, plain(entry["scale"]), None),
        ]


def _remark(part: str, words: str, sessions: int) -> list[Said]:
    """What is told beside a measurement, or instead of one."""
    if part == "assessment":
        return [("found first", plain(words))]
    return [("noted", plain(words), number) for number in range(sessions + 1)]


def _much(entry: Case) -> Said:
    """The value, the change and the finding."""
    value = next((entry[name] for name in ("value", "score", *_LENGTHS) if name in entry), None)
    change = frozenset((part, entry[name]) for name, part in _CHANGES.items() if name in entry)
    found = str(entry.get("finding", entry.get("direction", "")))
    return value, change, plain(_FINDINGS.get(found, found))


def _figure(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value
