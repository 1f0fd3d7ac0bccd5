"""Work of the `consume` role beside reading: on a connection of its own, for as long as the process runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import psycopg
import structlog

from care_platform.logs import reason_of
from notifications.postgres.connections import Connect, Connection

log = structlog.get_logger()


async def repeat(
    connect: Connect, once: Callable[[Connection], Awaitable[bool]], pause_seconds: float, again: str
) -> NoReturn:
    """Do this again and again, at once if it returns that there is more to do, else after a pause.

    What the database refuses is logged as `again`, and tried again on another connection.
    """
    while True:
        try:
            async with await connect() as db:
                while True:
                    if not await once(db):
                        await asyncio.sleep(pause_seconds)
        except psycopg.Error as fault:
            log.warning(again, error=type(fault).__name__, reason=reason_of(fault))
        await asyncio.sleep(pause_seconds)
