"""The operator's commands, built from settings; part of the composition root."""

from typing import Literal
from uuid import UUID

from notifications.config import Settings
from notifications.postgres.connections import connect, within
from notifications.reacting.missing import go_on, list_missing
from notifications.reacting.parked import list_parked, resolve


async def parked(
    settings: Settings, action: Literal["list", "replay", "dismiss"], parked_id: int
) -> list[str]:
    """List, replay or dismiss parked messages; returns the text for the operator. Raises `CannotResolve`."""
    async with await connect(settings.address("database_url")) as db, within(db, *settings.networks):
        if action == "list":
            return [
                f"{it.parked_id}  {it.parked_at:%Y-%m-%d %H:%M:%S}  {it.network_id}  {it.place}"
                f"  episode {it.episode_id or 'unknown'}  {it.reason}"
                for it in await list_parked(db)
            ] or ["nothing is parked"]
        count = await resolve(db, parked_id, "replayed" if action == "replay" else "dismissed")
        return [f"{count} left the parked messages"]


async def missing(settings: Settings, episode: UUID | None) -> list[str]:
    """List what is missing, or go on without it in one episode; returns the text for the operator.

    Raises `CannotGoOn`.
    """
    async with await connect(settings.address("database_url")) as db, within(db, *settings.networks):
        if episode is None:
            return [
                f"{it.episode_id}  {it.noticed_at:%Y-%m-%d %H:%M:%S}  {it.network_id}"
                f"  has all up to {it.after_sequence} of {it.up_to}, holds {it.held}, tried {it.tries} times"
                f"{', incident' if it.incident_at else ''}"
                for it in await list_missing(db)
            ] or ["nothing is missing"]
        gap, taken = await go_on(db, episode)
        lacking = gap.up_to - gap.after_sequence - taken
        return [f"{taken} held events took effect; {lacking} are passed over"]
