"""Strict reading of commands, built from the domain's types and the rules that their fields declare.

One declaration serves both sides: storage reads the types leniently, this module reads them strictly
(no unknown field, no coercion, ranges, lengths and code lists) and builds the same domain objects.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache, partial
from types import MappingProxyType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    create_model,
)
from pydantic import Field as Bounds
from pydantic_core import PydanticCustomError

from care_platform.field_docs import field_docs
from care_platform.http.parameters import Id
from episodes.domain.field_relations import Related, Relation, schema_of
from episodes.domain.field_rules import AsKnown, Between, CodeList, Computed, Length, OneOf, PartOf, Without
from episodes.domain.values import Coded
from episodes.http.moments import DAY, DAY_AS_KNOWN, MOMENT, TIME_AS_KNOWN

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
_FORMS: Mapping[Any, Any] = MappingProxyType({datetime: MOMENT, date: DAY, UUID: Id})
"""How callers write what has a notation of its own."""
_AS_KNOWN: Mapping[Any, Any] = MappingProxyType({datetime: TIME_AS_KNOWN, date: DAY_AS_KNOWN})
"""How they write what may be known less exactly."""


WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL's text type cannot store a NUL character."""


def strict(cls: Any) -> Any:
    """The annotation that reads JSON strictly into `cls`, a dataclass of the domain."""
    return _strict_dataclass(cls, None)


def strict_fields(cls: type[Any]) -> dict[str, Any]:
    """The fields of `cls` that a caller may give, as pydantic field definitions."""
    return _definitions(cls, None)


@cache
def _strict_dataclass(cls: Any, codes: CodeList | None) -> Any:
    name = cls.__name__ if codes is None else f"{cls.__name__}Of{codes.name.title().replace('-', '')}"
    relations: Sequence[Relation] = cls.relations if issubclass(cls, Related) else ()
    config = ConfigDict(**STRICT, json_schema_extra=schema_of(relations))
    words = dict.fromkeys(relation.words for relation in relations)  # each of them once
    doc = f"{cls.__doc__} What its fields must be together: {'; '.join(words)}." if words else cls.__doc__
    model = create_model(name, __config__=config, __doc__=doc, **_definitions(cls, codes))
    return Annotated[model, AfterValidator(_builder(cls, codes))]


def _definitions(cls: Any, codes: CodeList | None) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    docs = field_docs(cls)
    definitions: dict[str, Any] = {}
    for field in fields(cls):
        hint = hints[field.name]
        if any(isinstance(form, Computed | PartOf) for form in getattr(hint, "__metadata__", ())):
            continue
        if codes is not None and field.name == "code":
            hint = Annotated[str, codes]
        described = Bounds(_default(field), description=docs.get(field.name))
        definitions[field.name] = (_annotation(hint), described)
    return definitions


def _default(field: Field[Any]) -> Any:
    return ... if field.default is MISSING else field.default


def _builder(cls: type[Any], codes: CodeList | None) -> Callable[[BaseModel], Any]:
    listed = codes or _code_list(cls)
    extra = {"list": listed.label} if issubclass(cls, Coded) and listed is not None else {}

    def build(model: BaseModel) -> Any:
        built = cls(**model.__dict__, **extra)
        for broken in built.faults() if isinstance(built, Related) else ():
            raise PydanticCustomError(broken.rule, broken.words)
        return built

    return build


def _code_list(cls: type[Any]) -> CodeList | None:
    hint = get_type_hints(cls, include_extras=True).get("code")
    return next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, CodeList)), None)


def _annotation(hint: Any, metadata: tuple[Any, ...] = ()) -> Any:
    """The strict annotation for a domain type hint and the rules in its metadata."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *more = get_args(hint)
        return _annotation(inner, (*metadata, *more))
    if origin in (Union, types.UnionType):
        parts = [_annotation(part, metadata) if part is not type(None) else None for part in get_args(hint)]
        return Union[tuple(parts)]  # noqa: UP007 - built from a list
    if origin is tuple:
        return _sized(tuple[_annotation(get_args(hint)[0]), ...], metadata)  # type: ignore[misc]
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return _strict_dataclass(hint, next((m for m in metadata if isinstance(m, CodeList)), None))
    return _scalar(hint, metadata)


def _sized(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    for form in metadata:
        if isinstance(form, Length):
            return Annotated[annotation, Bounds(min_length=form.least, max_length=form.most)]
    return annotation


def _scalar(hint: Any, metadata: tuple[Any, ...]) -> Any:
    if any(isinstance(form, AsKnown) for form in metadata):
        return _AS_KNOWN[hint]
    if hint in _FORMS:
        return _FORMS[hint]
    for form in metadata:
        match form:
            case Between(low, high):
                bounds = Bounds(ge=low, le=high)
                return Annotated[int, bounds, _WHOLE] if hint is int else Annotated[hint, bounds]
            case Length(most, least):
                text = Annotated[
                    str, StringConstraints(min_length=least, max_length=most, pattern=WITHOUT_NUL)
                ]
                barred = next((it.characters for it in metadata if isinstance(it, Without)), "")
                return Annotated[text, AfterValidator(partial(_refuse, barred))] if barred else text
            case OneOf(words=words):
                return Literal[words]
            case CodeList(codes=codes):
                return Literal[tuple(sorted(codes))]
    return hint


def _whole(number: object) -> object:
    """A number with a zero fraction is an integer to JSON Schema, and some clients write each number so."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


_WHOLE = BeforeValidator(_whole)


def _refuse(characters: str, text: str) -> str:
    """Not in the pattern, which was published without it."""
    if not set(characters).isdisjoint(text):
        raise ValueError(f"a text without {' '.join(characters)}")
    return text
