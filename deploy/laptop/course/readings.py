"""Measurements of a report as readings, in the unit and on the scale in which they were taken."""

from typing import Any

from demo.scripts import NotUnderstood
from laptop.course.vocabulary import FINDINGS, MOTIONS, RATINGS, SITES, coded, known

Entry = dict[str, Any]
Body = dict[str, Any]

_DISTANCES = {"degrees": "deg", "distance_cm": "cm", "distance_in": "[in_i]"}
_CHANGES = {"change_degrees": "amount", "change_degrees_min": "least", "change_degrees_max": "most"}
_SIDES = {"bilateral": "both"}
_SCORE = "{score}"  # as UCUM writes a number without a unit
_STAGES = ("initial", "final", "after treatment series")


def readings(part: Entry) -> list[Body]:
    """Pain, motion and ratings, of the assessment or of the outcome of a case."""
    pain = [_pain(entry) for entry in part["pain"] if not is_remark(entry)]
    return [
        *(pain or [pain_not_known()]),
        *(_motion(entry) for entry in part["rom"]),
        *(_rated(entry) for entry in part["instruments"] if is_rating(entry)),
    ]


def is_remark(pain: Entry) -> bool:
    """A value of some sessions, not said which: no reading of any moment, so it stays words."""
    return "value" in pain and _stage(pain)[0] not in _STAGES


def is_rating(instrument: Entry) -> bool:
    """One line or count, or a direction without a score: a reading, and no questionnaire's result."""
    return instrument["name"] in RATINGS or "direction" in instrument


def pain_not_known(**circumstances: str) -> Body:
    """Pain is asked for in every assessment and session; where no report tells the value, that is said."""
    return {"measure": {"code": "pain"}, **circumstances, "absent_reason": "unknown"}


def without_value(reading: Body) -> Body:
    """The same measurement taken again, its value not told."""
    place: Body = {name: reading[name] for name in ("measure", "site") if name in reading}
    return {**place, "absent_reason": "unknown"}


def _stage(pain: Entry) -> tuple[str, str]:
    """When it was taken, and where if that is told with it."""
    stage, _, where = pain["when"].partition("; ")
    return stage, where


def _pain(entry: Entry) -> Body:
    where = _stage(entry)[1]
    body = {"measure": {"code": "pain", **({"text": where} if where else {})}, "scale": entry["scale"]}
    if "value" in entry:
        return {**body, "value": entry["value"], "unit": _SCORE}
    return {**body, "reported_change": {"amount": entry["change"], "unit": _SCORE, "since": entry["when"]}}


def _motion(entry: Entry) -> Body:
    joint, motion = entry["joint"], entry["motion"]
    site = coded(joint, known(SITES, joint))
    if "side" in entry:
        site["side"] = _SIDES.get(entry["side"], entry["side"])
    return {
        "measure": {"code": known(MOTIONS, (joint, motion)), "text": f"{joint}, {motion}"},
        "site": site,
        "mode": entry.get("active_or_passive", "unknown"),
        **_moved(entry),
    }


def _moved(entry: Entry) -> Body:
    """How far, by how much further, or what was found."""
    for name, unit in _DISTANCES.items():
        if name in entry:
            return {"value": entry[name], "unit": unit, "scale": name.removeprefix("distance_")}
    if change := {part: entry[name] for name, part in _CHANGES.items() if name in entry}:
        return {"reported_change": {**change, "unit": "deg"}}
    if "finding" in entry:
        return {"finding": known(FINDINGS, entry["finding"])}
    raise NotUnderstood(f"a motion without degrees, distance or finding: {sorted(entry)}")


def _rated(entry: Entry) -> Body:
    if "direction" in entry:
        about = {"measure": coded(entry["name"], "other"), "scale": entry["scale"]}
        return {**about, "finding": known(FINDINGS, entry["direction"])}
    measure, scale, unit = RATINGS[entry["name"]]
    if entry["scale"] != scale:
        raise NotUnderstood(f"{entry['name']} {entry['scale']}")
    return {"measure": coded(entry["name"], measure), "value": entry["score"], "unit": unit, "scale": scale}
