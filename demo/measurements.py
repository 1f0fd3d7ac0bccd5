"""Measurements of an episode in words: readings, and the results of questionnaires."""

from demo.lines import Document, spaced


def reading_in_words(reading: Document) -> str:
    """What was measured, with its value, its change or the finding, or the reason why there is none."""
    measured = _measured(reading)
    if "value" in reading:
        scale = f"({reading['scale']})" if "scale" in reading else ""
        return f"{measured} {reading['value']:g} {_unit(reading.get('unit', '{'))}{scale}".rstrip()
    if (change := reading.get("reported_change")) is not None:
        return f"{measured} changed by {_change(change)}"
    return f"{measured} {spaced(reading.get('finding', reading.get('absent_reason', '')))}"


def _measured(reading: Document) -> str:
    """The name of the measure, with its text if that says more, and the side."""
    measure, side = reading["measure"], reading.get("site", {}).get("side")
    named = _named(measure)
    more = [measure["text"]] if "text" in measure and measure["text"] != named else []
    return " ".join([named, *([side] if side else []), *(f"[{words}]" for words in more)])


def _named(coded: Document) -> str:
    """A listed code in words; for a measure outside the list, its text."""
    return str(coded["text"]) if coded["code"] == "other" else spaced(coded["code"])


def _unit(unit: str) -> str:
    """The unit in ordinary spelling; empty for the unit of a bare number."""
    return "" if unit.startswith("{") else f"{unit.strip('[]').removesuffix('_i')} "


def _change(change: Document) -> str:
    """A change in words: how much, in which unit and since when, as far as these are known."""
    much = [f"{change['amount']:g}"] if "amount" in change else []
    much += [f"{change['least']:g} to {change['most']:g}"] if "least" in change else []
    much += [f"{change['percent']:g} %"] if "percent" in change else []
    since = f" ({change['since']})" if "since" in change else ""
    return f"{', '.join(much)} {_unit(change.get('unit', '{'))}".rstrip() + since


def result_in_words(result: Document) -> str:
    """The questionnaire, its score as reported, the ends of its scale, and the change."""
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
