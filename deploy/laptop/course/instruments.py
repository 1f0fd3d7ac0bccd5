"""Questionnaires: the score as it was reported, never called ours."""

import re

from laptop.course.readings import Body, Entry, is_rating
from laptop.course.vocabulary import INSTRUMENTS, coded, known

_RANGE = re.compile(r"(?P<min>\d+)-(?P<max>\d+), higher is (?P<end>worse|better)")
_PERCENT = re.compile(r"percent, higher is (?P<end>worse|better)")


def instruments(part: Entry) -> list[Body]:
    """Their results, in the assessment or in the outcome of a case."""
    return [_result(entry) for entry in part["instruments"] if not is_rating(entry)]


def scale_of(told: str) -> tuple[Body | None, bool]:
    """The range of a score, if the words tell one, and whether that is all they tell."""
    if found := _RANGE.match(told):
        ends: Body = {"min": int(found["min"]), "max": int(found["max"]), "higher_is": found["end"]}
        return ends, found.end() == len(told)
    if found := _PERCENT.fullmatch(told):
        return {"min": 0, "max": 100, "higher_is": found["end"]}, True
    return None, False


def _result(entry: Entry) -> Body:
    body: Body = {"instrument": coded(entry["name"], known(INSTRUMENTS, entry["name"]))}
    scale, _ = scale_of(entry["scale"])
    if scale is not None:
        body["scale"] = scale
    return body | _score(entry)


def _score(entry: Entry) -> Body:
    """The score, its change, or both; without either it is not known."""
    told: Body = {"reported_score": entry["score"]} if "score" in entry else {}
    parts = {"change": "amount", "change_percent": "percent"}
    change = {part: entry[name] for name, part in parts.items() if name in entry}
    if change:
        told["reported_change"] = change
    return told or {"absent_reason": "unknown"}
