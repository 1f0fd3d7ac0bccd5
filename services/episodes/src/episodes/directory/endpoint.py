"""The directory over HTTP: clinics, staff and partners. A PUT replaces the entry whole and says which version
it replaces, so doing it twice changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from care_platform.http.parameters import Id
from episodes.directory import tables
from episodes.directory.answers import asking, expecting, history, put_answer, shown
from episodes.directory.asking import Asking
from episodes.directory.changes import EntryHistory
from episodes.directory.models import Clinic, ClinicEntry, Partner, PartnerEntry, Staff, StaffEntry
from episodes.directory.postgres import Directory, Row
from episodes.http.dependencies import body, here
from episodes.http.entity_tags import Expected
from episodes.http.openapi import OF_AN_ENTRY, replacing

Endpoint = Callable[..., Awaitable[Response]]
Entries = Annotated[Directory, here(Directory)]
Put = Callable[[Directory, Asking, UUID, Any, Expected | None], Awaitable[int]]
Get = Callable[[Directory, Asking, UUID], Awaitable[Row]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entry: the form of what is put, and of the answer; how one is stored and read."""

    table: tables.Table
    form: type[BaseModel]
    answered: type[BaseModel]
    put: Put
    get: Get


KINDS = (
    Kind(tables.CLINICS, Clinic, ClinicEntry, Directory.put_clinic, Directory.clinic),
    Kind(tables.STAFF, Staff, StaffEntry, Directory.put_staff, Directory.staff),
    Kind(tables.PARTNERS, Partner, PartnerEntry, Directory.put_partner, Directory.partner),
)


def router() -> APIRouter:
    routes = APIRouter(tags=["directory"])
    for kind in KINDS:
        path = f"/v1/{kind.table.resource}/{{id}}"
        routes.put(path, status_code=204, openapi_extra=replacing(kind.form.__name__))(_put(kind))
        routes.get(path, response_model=kind.answered, responses=OF_AN_ENTRY)(_get(kind))
        routes.get(f"{path}/history", response_model=EntryHistory)(_history(kind))
    return routes


def _put(kind: Kind) -> Endpoint:
    async def endpoint(
        directory: Entries,
        id: Id,
        who: Annotated[Asking, asking(kind.table.resource, "write")],
        expected: Annotated[Expected | None, expecting()],
        entry: Annotated[Any, body(TypeAdapter(kind.form))],
    ) -> Response:
        return put_answer(await kind.put(directory, who, id, entry, expected))

    return _named(endpoint, "put_{}", kind, "Replaces the entry whole; what is not given is gone.")


def _get(kind: Kind) -> Endpoint:
    async def endpoint(
        directory: Entries, id: Id, who: Annotated[Asking, asking(kind.table.resource, "read")]
    ) -> Response:
        row = await kind.get(directory, who, id)
        return shown(row, row.pop("version"))

    return _named(endpoint, "get_{}", kind, "The entry as it was last put.")


def _history(kind: Kind) -> Endpoint:
    async def endpoint(
        directory: Entries, id: Id, who: Annotated[Asking, asking(kind.table.resource, "history")]
    ) -> Response:
        return history(await directory.history(who, kind.table, id))

    return _named(
        endpoint, "get_{}_history", kind, "Every change of the entry: who, when, what it said before."
    )


def _named(endpoint: Endpoint, name: str, kind: Kind, meaning: str) -> Endpoint:
    endpoint.__name__ = name.format(kind.table.resource.removesuffix("s"))
    endpoint.__doc__ = meaning
    return endpoint
