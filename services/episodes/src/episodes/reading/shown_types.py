"""How the types of the domain are shown in an answer, as models for the OpenAPI document.

History is not judged again: types, closed words and meanings are stated, but no range, length or code list.
"""

import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, create_model

from care_platform.field_docs import field_docs
from episodes.domain.field_rules import OneOf


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of an answer."""

    hint: Any
    description: str
    required: bool = False
    deprecated: bool = False

    def definition(self, alias: str | None) -> Any:
        """The field as `create_model` takes it. What is absent is left out, so it is never null."""
        if self.required:
            return self.hint, Field(description=self.description, alias=alias)
        deprecated = self.deprecated or None
        return self.hint | None, Field(None, description=self.description, alias=alias, deprecated=deprecated)


def model(name: str, meaning: str, shown: Mapping[str, Shown]) -> type[BaseModel]:
    """A model with these fields; a name with a hyphen is the field's name in JSON."""
    definitions: dict[str, Any] = {
        field_name.replace("-", "_"): field.definition(field_name if "-" in field_name else None)
        for field_name, field in shown.items()
    }
    return create_model(name, __doc__=meaning, **definitions)


def shown_fields(cls: Any, always: Collection[str]) -> dict[str, Shown]:
    """The fields of a type of the domain; of those in `always`, only an absent one is left out."""
    hints, docs = get_type_hints(cls, include_extras=True), field_docs(cls)
    return {
        field.name: Shown(
            _type(hints[field.name]),
            docs.get(field.name, ""),
            required=field.name in always and not _may_be_absent(hints[field.name]),
        )
        for field in fields(cls)
    }


@cache
def _whole(cls: type[Any]) -> type[BaseModel]:
    """A type of the domain as a part of an entry: shown whole or not at all."""
    every = {field.name for field in fields(cls)}
    return model(f"Recorded{cls.__name__}", cls.__doc__ or "", shown_fields(cls, every))


def _type(hint: Any, marks: tuple[Any, ...] = ()) -> Any:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *more = get_args(hint)
        return _type(inner, (*marks, *more))
    if origin in (Union, types.UnionType):
        parts = (_type(part, marks) for part in get_args(hint) if part is not types.NoneType)
        return Union[tuple(parts)]  # noqa: UP007 - made from a list
    if origin is tuple:
        return list[_type(get_args(hint)[0])]  # type: ignore[misc]
    if isinstance(hint, type) and is_dataclass(hint):
        return _whole(hint)
    words = next((mark.words for mark in marks if isinstance(mark, OneOf)), None)
    return hint if words is None else Literal[words]


def _may_be_absent(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _may_be_absent(get_args(hint)[0])
    return types.NoneType in get_args(hint)
