"""Results of instruments that look wrong: beyond their scale, or not as the instrument was published."""

from collections.abc import Iterator

from episodes.domain.doubts.doubt import Doubt
from episodes.domain.doubts.tables.instruments import FORMS, Form
from episodes.domain.doubts.tables.measures import Ends
from episodes.domain.values import InstrumentResult, Scale

_UNKNOWN = Form(source="")
"""An instrument that is not in the list: only its own words are held against it."""


def doubtful_result(result: InstrumentResult, pointer: str) -> Iterator[Doubt]:
    """What looks wrong in the score, the scale and the items of an instrument."""
    form = FORMS.get(result.instrument.code, _UNKNOWN)
    if result.scale is not None:
        yield from _of_the_scale(result.scale, form, f"{pointer}/scale")
    if _beyond_any(result.reported_score, form.scores, _ends(result.scale)):
        yield Doubt("outside-its-scale", f"{pointer}/reported_score")
    if result.items:
        yield from _of_the_items(result, form, f"{pointer}/items")


def _of_the_scale(scale: Scale, form: Form, pointer: str) -> Iterator[Doubt]:
    if scale.min >= scale.max:
        yield Doubt("scale-ends-swapped", pointer)
    if form.higher_is not in (None, scale.higher_is):
        yield Doubt("direction-not-of-the-instrument", f"{pointer}/higher_is")


def _ends(scale: Scale | None) -> Ends | None:
    """The ends of a scale; none if they are swapped, so that nothing can lie between them."""
    return None if scale is None or scale.min >= scale.max else (scale.min, scale.max)


def _beyond_any(value: float | None, *each: Ends | None) -> bool:
    return value is not None and any(ends is not None and not ends[0] <= value <= ends[1] for ends in each)


def _of_the_items(result: InstrumentResult, form: Form, pointer: str) -> Iterator[Doubt]:
    seen: set[int] = set()
    for place, answered in enumerate(result.items):
        if form.items is not None and answered.item > form.items:
            yield Doubt("no-such-item", f"{pointer}/{place}/item")
        elif answered.item in seen:
            yield Doubt("item-answered-twice", f"{pointer}/{place}/item")
        if _beyond_any(answered.answer, form.answers):
            yield Doubt("outside-its-scale", f"{pointer}/{place}/answer")
        seen.add(answered.item)
