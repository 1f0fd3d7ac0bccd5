"""Clients over HTTP: identities, and the clinics at which they are registered."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as InQuery
from pydantic import BaseModel, StringConstraints, TypeAdapter
from starlette.responses import Response

from care_platform.http.parameters import Id
from episodes.directory.answers import asking, expecting, history, put_answer, shown, told_time
from episodes.directory.asking import Asking
from episodes.directory.changes import EntryHistory
from episodes.directory.clients import Clients
from episodes.directory.models import (
    ClientEntry,
    ClientIdentification,
    ClientIdentity,
    FoundClient,
    FoundClients,
    Identifier,
)
from episodes.http.dependencies import body, here
from episodes.http.entity_tags import Expected
from episodes.http.openapi import IF_MATCH, OF_AN_ENTRY, replacing, taking, telling
from episodes.http.parameters import SYSTEM_AND_VALUE, Query

ClientsHere = Annotated[Clients, here(Clients)]
Expecting = Annotated[Expected | None, expecting()]


FORMS: tuple[type[BaseModel], ...] = (ClientIdentity, ClientIdentification)


class ClientQuery(Query):
    """Which client is looked for."""

    identifier: Annotated[str, StringConstraints(pattern=SYSTEM_AND_VALUE)]
    """An identifier of the client, as `system|value`."""


def router() -> APIRouter:
    routes = APIRouter(prefix="/v1/clients", tags=["directory"])
    routes.put("/{id}", status_code=204, openapi_extra=replacing("ClientIdentity"))(put_client)
    routes.get("/{id}", response_model=ClientEntry, responses=OF_AN_ENTRY)(get_client)
    routes.delete("/{id}", status_code=204, openapi_extra=telling(IF_MATCH))(delete_client)
    routes.get("/{id}/history", response_model=EntryHistory)(get_client_history)
    routes.put("/{id}/registrations/{clinic}", status_code=204)(register_client)
    routes.put("/registrations/{clinic}", openapi_extra=taking("ClientIdentification"))(identify_client)
    routes.get("")(find_client)
    return routes


async def put_client(
    clients: ClientsHere,
    id: Id,
    who: Annotated[Asking, asking("clients", "write")],
    expected: Expecting,
    now: Annotated[datetime, told_time()],
    entry: Annotated[Any, body(TypeAdapter(ClientIdentity))],
) -> Response:
    """Replaces the entry whole; what is not given is gone. A new client is registered at the clinics given,
    else at those of the token.
    """
    return put_answer(await clients.put(who, id, entry, expected, now))


async def get_client(
    clients: ClientsHere, id: Id, who: Annotated[Asking, asking("clients", "read")]
) -> Response:
    """The entry as it was last put."""
    return shown(*await clients.read(who, id))


async def delete_client(
    clients: ClientsHere, id: Id, who: Annotated[Asking, asking("clients", "delete")], expected: Expecting
) -> Response:
    """Removes the client's identity; the record of care stays, under its random id."""
    await clients.delete(who, id, expected)
    return Response(status_code=204)


async def get_client_history(
    clients: ClientsHere, id: Id, who: Annotated[Asking, asking("clients", "history")]
) -> Response:
    """Every change of the entry and every registration: who, when, what it said before."""
    return history(await clients.history(who, id))


async def register_client(
    clients: ClientsHere, id: Id, clinic: Id, who: Annotated[Asking, asking("clients", "register")]
) -> Response:
    """Registers one of the caller's clients at another of its clinics, whose staff reach it from then on."""
    await clients.register(who, id, clinic)
    return Response(status_code=204)


async def identify_client(
    clients: ClientsHere,
    clinic: Id,
    who: Annotated[Asking, asking("clients", "identify")],
    given: Annotated[Any, body(TypeAdapter(ClientIdentification))],
) -> FoundClient:
    """Registers at a clinic a client of the network, of whom an identifier and the birth date are known."""
    return FoundClient(id=await clients.identify(who, clinic, given.identifier, given.birth_date))


async def find_client(
    clients: ClientsHere,
    query: Annotated[ClientQuery, InQuery()],
    who: Annotated[Asking, asking("clients", "read", ClientQuery)],
) -> FoundClients:
    """The client with an identifier, given as `system|value`, if it is one of the caller's."""
    system, _, value = query.identifier.partition("|")
    client = await clients.find(who, Identifier(system=system, value=value))
    return FoundClients(clients=[] if client is None else [FoundClient(id=client)])
