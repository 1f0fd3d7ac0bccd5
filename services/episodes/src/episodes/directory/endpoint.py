"""The directory over HTTP. A PUT replaces the entry whole, so doing it twice changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi import Query as InQuery
from pydantic import BaseModel, StringConstraints, TypeAdapter
from pydantic_core import to_json
from starlette.responses import Response

from care_platform.http.parameters import Id
from episodes.access import Caller
from episodes.directory.models import (
    ClientEntry,
    ClientIdentity,
    Clinic,
    ClinicEntry,
    FoundClient,
    FoundClients,
    Identifier,
    Partner,
    PartnerEntry,
    Staff,
    StaffEntry,
)
from episodes.directory.postgres import Directory, Row
from episodes.errors import NotThere
from episodes.http.dependencies import allowed, body, here
from episodes.http.openapi import taking
from episodes.http.parameters import SYSTEM_AND_VALUE, Query

Put = Callable[[Directory, str, UUID, Any], Awaitable[None]]
Get = Callable[[Directory, str, UUID], Awaitable[Row | None]]
Endpoint = Callable[..., Awaitable[Response]]

ENTRIES: tuple[tuple[str, type[BaseModel], Put, type[BaseModel], Get], ...] = (
    ("clients", ClientIdentity, Directory.put_client, ClientEntry, Directory.client),
    ("clinics", Clinic, Directory.put_clinic, ClinicEntry, Directory.clinic),
    ("staff", Staff, Directory.put_staff, StaffEntry, Directory.staff),
    ("partners", Partner, Directory.put_partner, PartnerEntry, Directory.partner),
)
"""For each resource: the form of what is put, how it is stored, the form of the answer, how it is read."""

Entries = Annotated[Directory, here(Directory)]


class ClientQuery(Query):
    """Which client is looked for."""

    identifier: Annotated[str, StringConstraints(pattern=SYSTEM_AND_VALUE)]
    """An identifier of the client, as `system|value`."""


def router() -> APIRouter:
    routes = APIRouter(tags=["directory"])
    for resource, entry, put, answered, get in ENTRIES:
        path = f"/v1/{resource}/{{id}}"
        routes.put(path, status_code=204, openapi_extra=taking(entry.__name__))(_put(resource, entry, put))
        routes.get(path, response_model=answered)(_get(resource, get))
    routes.delete("/v1/clients/{id}", status_code=204)(delete_client)
    routes.get("/v1/clients")(find_client)
    return routes


def _put(resource: str, form: type[BaseModel], put: Put) -> Endpoint:
    async def endpoint(
        directory: Entries,
        id: Id,
        who: Annotated[Caller, allowed(resource, "write")],
        entry: Annotated[Any, body(TypeAdapter(form))],
    ) -> Response:
        await put(directory, who.network, id, entry)
        return Response(status_code=204)

    return _named(endpoint, "put", resource, "Replaces the entry whole; what is not given is gone.")


def _get(resource: str, get: Get) -> Endpoint:
    async def endpoint(
        directory: Entries, id: Id, who: Annotated[Caller, allowed(resource, "read")]
    ) -> Response:
        row = await get(directory, who.network, id)
        if row is None:
            raise NotThere
        return Response(to_json(_present(row)), media_type="application/json")

    return _named(endpoint, "get", resource, "The entry as it was last put.")


def _present(value: Any) -> Any:
    """An entry without what is absent."""
    match value:
        case dict():
            return {name: _present(part) for name, part in value.items() if part is not None}
        case list():
            return [_present(part) for part in value]
        case _:
            return value


def _named(endpoint: Endpoint, verb: str, resource: str, meaning: str) -> Endpoint:
    endpoint.__name__ = f"{verb}_{resource.removesuffix('s')}"
    endpoint.__doc__ = meaning
    return endpoint


async def delete_client(
    directory: Entries, id: Id, who: Annotated[Caller, allowed("clients", "delete")]
) -> Response:
    """Removes the client's identity; the record of care stays, under its random id."""
    if not await directory.delete_client(who.network, id):
        raise NotThere
    return Response(status_code=204)


async def find_client(
    directory: Entries,
    query: Annotated[ClientQuery, InQuery()],
    who: Annotated[Caller, allowed("clients", "read", ClientQuery)],
) -> FoundClients:
    """The client with an identifier, given as `system|value`."""
    system, _, value = query.identifier.partition("|")
    client = await directory.client_of(who.network, Identifier(system=system, value=value))
    return FoundClients(clients=[] if client is None else [FoundClient(id=client)])
