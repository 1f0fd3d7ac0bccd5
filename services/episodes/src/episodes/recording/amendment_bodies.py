"""The bodies of additions and corrections. `of` names the kind of the entry, and so decides the form."""

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, Literal, Union, get_type_hints

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, create_model

from care_platform.field_docs import field_docs
from episodes.domain.field_rules import PartOf
from episodes.domain.step import UNCHANGEABLE, Step
from episodes.domain.vocabulary import STEPS
from episodes.recording.strict_models import STRICT, strict, strict_fields

AMENDABLE = tuple(step for step in STEPS if step.amended != UNCHANGEABLE)

Split = Callable[[BaseModel], Any]


def part_of(fact: type[Any]) -> tuple[str, PartOf] | None:
    """The field of an amendment that has the payload of another kind, if `fact` is such an amendment."""
    hints = get_type_hints(fact, include_extras=True)
    for field in fields(fact):
        for form in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(form, PartOf):
                return field.name, form
    return None


def amendment_form(
    step: Step, held: tuple[str, PartOf], common: dict[str, Any], split: Split
) -> TypeAdapter[Any]:
    """The union of one form for each kind of entry, distinguished by `of`."""
    name, part = held
    fact: Any = step.fact
    docs = field_docs(fact)
    forms = []
    for of in AMENDABLE:
        payload = strict(of.fact) if part.whole else _parts(of.fact)
        own = {
            "of": (Literal[of.name], Field(description=docs["of"])),
            name: (payload, Field(description=docs[name])),
            **strict_fields(step.fact),
        }
        model = create_model(
            f"{step.fact.__name__}Of{of.fact.__name__}",
            __config__=STRICT,
            __doc__=step.fact.__doc__,
            **{**own, **common},
        )
        forms.append(Annotated[model, AfterValidator(split)])
    union: Any = Annotated[Union[tuple(forms)], Field(discriminator="of", description=step.fact.__doc__)]  # noqa: UP007 - built from a list
    return TypeAdapter(union)


def _parts(fact: type[Any]) -> Any:
    """Some of the fields of a fact, as given. An empty list adds nothing: some clients send all lists."""
    optional: dict[str, Any] = {
        name: (hint | None, Field(None, description=field.description))
        for name, (hint, field) in strict_fields(fact).items()
    }
    model = create_model(f"{fact.__name__}Parts", __config__=STRICT, __doc__=fact.__doc__, **optional)

    def given(body: BaseModel) -> dict[str, Any]:
        return {name: part for name, part in body.__dict__.items() if part not in (None, ())}

    return Annotated[model, AfterValidator(given)]
