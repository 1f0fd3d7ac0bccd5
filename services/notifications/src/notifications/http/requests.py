"""Reads JSON bodies without FastAPI, so that no nesting or content can cause an internal error."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from care_platform.described_model import DescribedModel
from care_platform.http import json_bodies
from care_platform.http.parameters import DIGITS, Id
from care_platform.http.problems import Problem
from notifications.http.problems import faults

LARGEST_PAGE = 100
MOST_SUBSCRIPTIONS = 1000
"""The largest page, and that of who does not say: few have more."""
M = TypeVar("M", bound=BaseModel)


class NumberPage(DescribedModel):
    """Which page of numbered things is asked for."""

    after: Annotated[int, DIGITS] = Field(0, ge=0, le=2**53)
    """The number after which the page begins."""
    limit: Annotated[int, DIGITS] = Field(50, ge=1, le=LARGEST_PAGE)
    """How many entries the page holds at most."""


NumberPageQuery = Annotated[NumberPage, Query()]


class SubscriptionPage(DescribedModel):
    """Which page of subscriptions is asked for."""

    after: Id | None = None
    """The subscription after which the page begins."""
    limit: Annotated[int, DIGITS] = Field(MOST_SUBSCRIPTIONS, ge=1, le=MOST_SUBSCRIPTIONS)
    """How many subscriptions the page holds at most."""


SubscriptionPageQuery = Annotated[SubscriptionPage, Query()]


def json_body(model: type[M]) -> Any:
    """A dependency: the body, validated as JSON of this model."""
    return Depends(_reader(model))


def _reader(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    form = TypeAdapter(model)

    async def read(request: Request) -> M:
        raw = await json_bodies.json_body(request)
        try:
            return json_bodies.read_json(form, raw)
        except ValidationError as fault:
            found = fault.errors(include_url=False, include_input=False)
            raise Problem("malformed", errors=faults(found)) from None

    return read


def described(model: type[BaseModel], example: object) -> dict[str, Any]:
    """The part of the OpenAPI document that describes the body `json_body` reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
