"""Asks the directory of the episodes service whether a partner is known."""

from http import HTTPStatus
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ValidationError

from notifications.answers import Doubtful, unexpected
from notifications.episodes_service import EpisodesService


class _Entry(BaseModel):
    """A partner's entry in the directory; nothing of it is used."""

    id: UUID


class _Problem(BaseModel):
    """A problem document, by which the episodes service says that it is the one that refuses."""

    type: str


class Partners(Protocol):
    async def known(self, network: str, partner: UUID) -> bool:
        """Whether the directory of the network has the partner. Raises `NoAnswer`."""
        ...


class HttpPartners:
    """Believes only what has the form of the directory's answers: any web server answers 404."""

    def __init__(self, episodes: EpisodesService) -> None:
        self._episodes = episodes

    async def known(self, network: str, partner: UUID) -> bool:
        status, body = await self._episodes.ask("GET", network, f"/v1/partners/{partner}")
        try:
            if status == HTTPStatus.OK and _Entry.model_validate_json(body).id == partner:
                return True
            if status == HTTPStatus.NOT_FOUND and _Problem.model_validate_json(body).type == _NOT_FOUND:
                return False
        except ValidationError:
            raise Doubtful("the answer has another form") from None
        raise unexpected(status)


_NOT_FOUND = "/problems/not-found"
