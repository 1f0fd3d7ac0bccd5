"""The directory over HTTP. A PUT replaces the entry whole, so doing it twice changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from episodes.directory.models import ClientIdentity, Clinic, Identifier, Partner, Staff
from episodes.directory.postgres import Directory, Row
from episodes.errors import NotThere
from episodes.http.openapi import describing
from episodes.http.problems import Malformed
from episodes.http.requests import (
    at_hand,
    parsed,
    path_id,
    permitted,
    refuse_unknown_parameters,
    system_and_value,
)

Put = Callable[[Directory, str, UUID, Any], Awaitable[None]]
Get = Callable[[Directory, str, UUID], Awaitable[Row | None]]

ENTRIES: tuple[tuple[str, type[BaseModel], Put, Get], ...] = (
    ("clients", ClientIdentity, Directory.put_client, Directory.client),
    ("clinics", Clinic, Directory.put_clinic, Directory.clinic),
    ("staff", Staff, Directory.put_staff, Directory.staff),
    ("partners", Partner, Directory.put_partner, Directory.partner),
)


def router() -> APIRouter:
    routes = APIRouter(tags=["directory"])
    for resource, entry, put, get in ENTRIES:
        path = f"/v1/{resource}/{{id}}"
        routes.add_api_route(
            path,
            _put(resource, TypeAdapter(entry), put),
            methods=["PUT"],
            status_code=204,
            openapi_extra=describing(path, body=entry.__name__),
        )
        routes.add_api_route(
            path, _get(resource, get), methods=["GET"], openapi_extra=describing(path, answers=200)
        )
    routes.add_api_route(
        "/v1/clients/{id}",
        delete_client,
        methods=["DELETE"],
        status_code=204,
        openapi_extra=describing("/v1/clients/{id}"),
    )
    routes.add_api_route(
        "/v1/clients",
        find_client,
        methods=["GET"],
        openapi_extra=describing("/v1/clients", query=("identifier",), answers=200),
    )
    return routes


def _put(resource: str, form: TypeAdapter[Any], put: Put) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        caller = permitted(request, resource, "write")
        refuse_unknown_parameters(request)
        identifier = path_id(request, "id")
        await put(at_hand(request, Directory), caller.network, identifier, await parsed(request, form))
        return Response(status_code=204)

    endpoint.__name__ = f"put_{resource.removesuffix('s')}"
    return endpoint


def _get(resource: str, get: Get) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        caller = permitted(request, resource, "read")
        refuse_unknown_parameters(request)
        row = await get(at_hand(request, Directory), caller.network, path_id(request, "id"))
        if row is None:
            raise NotThere
        return _answer(row)

    endpoint.__name__ = f"get_{resource.removesuffix('s')}"
    return endpoint


async def delete_client(request: Request) -> Response:
    """Removes the client's identity; the record of care stays, under its random id."""
    caller = permitted(request, "clients", "delete")
    refuse_unknown_parameters(request)
    if not await at_hand(request, Directory).delete_client(caller.network, path_id(request, "id")):
        raise NotThere
    return Response(status_code=204)


async def find_client(request: Request) -> Response:
    """The client with an identifier, given as `system|value`."""
    caller = permitted(request, "clients", "read")
    refuse_unknown_parameters(request, "identifier")
    identifier = system_and_value(request, "identifier")
    if identifier is None:
        raise Malformed("/query/identifier", "system|value")
    system, value = identifier
    client = await at_hand(request, Directory).client_of(
        caller.network, Identifier(system=system, value=value)
    )
    found = [] if client is None else [{"id": client}]
    return _answer({"clients": found})


def _answer(document: Row) -> Response:
    return Response(to_json(document), media_type="application/json")
