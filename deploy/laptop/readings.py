"""Measurements of a report as readings and results, in the unit and on the scale in which they were taken."""

from collections.abc import Iterable, Iterator
from typing import Any

from laptop.cases import NotUnderstood
from laptop.vocabulary import INSTRUMENTS, MOTIONS, SITES, coded

Entry = dict[str, Any]
Body = dict[str, Any]

_DISTANCES = {"degrees": "deg", "distance_cm": "cm"}
_SIDES = {"bilateral": "both"}
_SCORE = "{score}"  # as UCUM writes a number without a unit
_FREQUENCIES = {"Headache frequency": ("headache_frequency", "per week", "/wk")}
_SCALES = {
    "percent, higher is worse": {"min": 0, "max": 100, "higher_is": "worse"},
    "0-24, higher is worse": {"min": 0, "max": 24, "higher_is": "worse"},
}
_STAGES = ("initial", "final")


def readings(part: dict[str, Any]) -> list[Body]:
    """Pain, motion and frequency, of the assessment or of the outcome of a case."""
    pain = [_pain(entry) for entry in part["pain"] if not is_remark(entry)]
    return [
        *(pain or [pain_not_known()]),
        *(_motion(entry) for entry in part["rom"]),
        *(_frequency(entry) for entry in part["instruments"] if entry["name"] in _FREQUENCIES),
    ]


def instruments(part: dict[str, Any]) -> list[Body]:
    """Questionnaires: the score as it was reported, never called ours."""
    return [_result(entry) for entry in part["instruments"] if entry["name"] not in _FREQUENCIES]


def is_remark(entry: Entry) -> bool:
    """A value of some sessions, not said which: no reading of any moment, so it stays words."""
    return "value" in entry and entry["when"] not in _STAGES


def remarks(entries: Iterable[Entry]) -> Iterator[str]:
    """Such values in words."""
    return (f"{it['scale']}, {it['when']}: {it['value']}" for it in entries if is_remark(it))


def pain_not_known(**circumstances: str) -> Body:
    """Pain is asked for in every assessment and session; where no report tells the value, that is said."""
    return {"measure": {"code": "pain"}, **circumstances, "absent_reason": "unknown"}


def without_value(reading: Body) -> Body:
    """The same measurement taken again, its value not told."""
    place: Body = {name: reading[name] for name in ("measure", "site") if name in reading}
    return {**place, "absent_reason": "unknown"}


def _pain(entry: Entry) -> Body:
    body = {"measure": {"code": "pain"}, "scale": entry["scale"]}
    if "value" in entry:
        return {**body, "value": entry["value"], "unit": _SCORE}
    return {**body, "reported_change": {"amount": entry["change"], "unit": _SCORE, "since": entry["when"]}}


def _motion(entry: Entry) -> Body:
    joint, motion = entry["joint"], entry["motion"]
    site = coded(joint, SITES[joint])
    if "side" in entry:
        site["side"] = _SIDES.get(entry["side"], entry["side"])
    return {
        "measure": {"code": MOTIONS[joint, motion], "text": f"{joint}, {motion}"},
        "site": site,
        "mode": entry.get("active_or_passive", "unknown"),
        **_distance(entry),
    }


def _distance(entry: Entry) -> Body:
    for name, unit in _DISTANCES.items():
        if name in entry:
            return {"value": entry[name], "unit": unit, "scale": name.removeprefix("distance_")}
    raise NotUnderstood(f"a motion without degrees or distance: {sorted(entry)}")


def _frequency(entry: Entry) -> Body:
    measure, scale, unit = _FREQUENCIES[entry["name"]]
    if entry["scale"] != scale:
        raise NotUnderstood(f"{entry['name']} {entry['scale']}")
    return {"measure": {"code": measure}, "value": entry["score"], "unit": unit, "scale": scale}


def _result(entry: Entry) -> Body:
    body: Body = {"instrument": coded(entry["name"], INSTRUMENTS[entry["name"]])}
    body |= {"reported_score": entry["score"], "scale": _SCALES[entry["scale"]]}
    if "change" in entry:
        body["reported_change"] = {"amount": entry["change"]}
    return body
