"""What a caller is told of a fault that is this service's own: times, codes, and the kinds of entries."""

from collections.abc import Mapping
from types import MappingProxyType

from care_platform.http.fault_words import NO_NUL, Fault, Told, one_of, told, words_of
from episodes.domain import codes
from episodes.domain.field_rules import CodeList
from episodes.domain.step import UNCHANGEABLE
from episodes.domain.vocabulary import STEPS
from episodes.http.moments import FORM_OF, NOT_THERE, Form
from episodes.http.time_words import DAY, OR_LESS, day_in_words, time_in_words

PUBLISHED_AS: Mapping[str, str] = MappingProxyType(
    {"techniques": "Technique", "body-sites": "Site", "screening-items": "ScreeningItem"}
)
"""The schemas of the OpenAPI document that have the codes of a list, but for those named after their list."""
_LISTS: Mapping[frozenset[str], CodeList] = MappingProxyType(
    {it.codes: it for it in vars(codes).values() if isinstance(it, CodeList)}
)
_AMENDABLE = tuple(step.name for step in STEPS if step.amended != UNCHANGEABLE)


def in_words(fault: Fault) -> Told:
    """The rule and the sentence for a fault that pydantic found."""
    kind, said = fault["type"], fault.get("input")
    common = told(fault)
    if kind.startswith("union_tag"):
        return Told("of", f"the kind of an entry that may be amended, {one_of(_AMENDABLE)}")
    if kind == "literal_error":
        return _of_words(words_of(fault["ctx"]["expected"]), common)
    if kind == "time" and isinstance(said, str):
        return Told("time", time_in_words(said))
    if kind == "value_error" and common.detail == NOT_THERE and isinstance(said, str):
        return Told("time", time_in_words(said)) if "T" in said else Told("day", day_in_words(said))
    if kind == "string_pattern_mismatch":
        return _of_pattern(fault["ctx"]["pattern"], str(said), common)
    return common


def _of_words(words: list[str], common: Told) -> Told:
    listed = _LISTS.get(frozenset(words))
    if listed is None:
        return common
    where = f"/openapi.json#/components/schemas/{published_as(listed)}"
    return Told("code", f"a code of the list {listed.label}, published in {where}, {common.detail}")


def _of_pattern(pattern: str, said: str, common: Told) -> Told:
    match FORM_OF.get(pattern):
        case Form.TIME:
            return Told("time", time_in_words(said))
        case Form.DAY:
            return Told("day", day_in_words(said))
        case Form.TIME_AS_KNOWN:
            return Told("time", f"{time_in_words(said)}, {OR_LESS}")
        case Form.DAY_AS_KNOWN:
            return Told("day", f"{DAY}, {OR_LESS}")
    return NO_NUL if "x00" in pattern and "\0" in said else common


def published_as(listed: CodeList) -> str:
    """The schema in the OpenAPI document whose field `code` has the codes of the list."""
    return PUBLISHED_AS.get(listed.name, f"CodedOf{listed.name.title().replace('-', '')}")
