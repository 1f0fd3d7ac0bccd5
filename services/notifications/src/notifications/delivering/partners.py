"""Asks the directory of the episodes service whether a partner is known."""

from typing import Protocol
from uuid import UUID

from notifications.answers import NoAnswer
from notifications.episodes_service import EpisodesService


class Partners(Protocol):
    async def known(self, network: str, partner: UUID) -> bool:
        """Whether the directory of the network has the partner. Raises `NoAnswer`."""
        ...


class HttpPartners:
    """Reads the partner's entry; nothing of it is used."""

    def __init__(self, episodes: EpisodesService) -> None:
        self._episodes = episodes

    async def known(self, network: str, partner: UUID) -> bool:
        status, _ = await self._episodes.ask("GET", network, f"/v1/partners/{partner}")
        if status not in {200, 404}:
            raise NoAnswer(f"the episodes service answers {status}")
        return status == 200
