"""Whether this service is alive and ready, and what it counts."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from fastapi import APIRouter
from prometheus_client import generate_latest
from starlette.requests import Request

from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.clock_drift import ClockDrift
from care_platform.http.operations import Operations, Responses
from care_platform.http.operations import router as operations_router
from care_platform.key_files import KeyUnavailable
from care_platform.postgres import server
from care_platform.postgres.grants import lacking
from episodes.directory.postgres import Directory
from episodes.episode_list.endpoint import observe_lag
from episodes.errors import StoreUnavailable, TooManyRequests
from episodes.event_log.compatibility import EverythingIsWritten
from episodes.event_log.keyring import Keyring
from episodes.event_log.reader import Log
from episodes.http.metrics import CLOCK_AHEAD, HELD_BACK, READY
from episodes.http.problems import PROBLEMS
from episodes.http.requests import Surroundings, at_hand
from episodes.publishing.another_log import Restores
from episodes.recording.writer import Writer

NOT_EVERYTHING = "not everything is written yet: run migrate --all-replaced when no earlier release runs"


def router() -> APIRouter:
    return operations_router(Operations(_alive, _why_not_ready, _metrics, _warnings), PROBLEMS, _refused)


async def _why_not_ready(request: Request) -> str | None:
    reason = await _why_not(request)
    READY.set(0 if reason else 1)
    return reason


async def _warnings(request: Request) -> Sequence[str]:
    """What is wrong while care goes on being recorded: one sentence for each, with a row in
    docs/operations.md."""
    other = [*at_hand(request, Restores).warnings(), *at_hand(request, ClockDrift).warnings()]
    try:
        held = await at_hand(request, Log).held_back()
        of_server = server.warnings(await at_hand(request, Directory).server())
        unwritten = [] if await at_hand(request, EverythingIsWritten)() else [NOT_EVERYTHING]
    except (StoreUnavailable, TooManyRequests):
        return other  # readiness itself says the rest
    damaged = {name for _, kind, name in held if kind == "episode"}
    networks = {name for _, kind, name in held if kind == "network"}  # anybody may ask: no names
    said = [("damaged", damaged), ("held back, networks not configured", networks)]
    return [*other, *of_server, *unwritten, *(f"{what}: {len(names)}" for what, names in said if names)]


async def _observe_held(request: Request) -> None:
    with suppress(StoreUnavailable, TooManyRequests):
        held = Counter((follower, kind) for follower, kind, _ in await at_hand(request, Log).held_back())
        HELD_BACK.clear()
        for labels, number in held.items():
            HELD_BACK.labels(*labels).set(number)


def _refused(kind: str) -> Responses:
    status = PROBLEMS.kinds[kind].status
    return {status: {"$ref": f"#/components/responses/{status}"}}


def _alive(request: Request) -> bool:
    return at_hand(request, Writer).alive


async def _why_not(request: Request) -> str | None:
    if not at_hand(request, Writer).alive:
        return "the writer has ended"
    issuer = at_hand(request, IssuerKeys)
    if issuer.current is None:
        return f"the keys of the token issuer cannot be read: {issuer.fault}"
    try:
        return await _why_not_with_this_store(request)
    except (StoreUnavailable, TooManyRequests):
        return await at_hand(request, Directory).why_not_reached()


async def _why_not_with_this_store(request: Request) -> str | None:
    directory, surroundings = at_hand(request, Directory), at_hand(request, Surroundings)
    await directory.compare(at_hand(request, ClockDrift))
    if reason := await directory.why_unfit(surroundings.revision):
        return reason
    if reason := server.why_no_writes(await directory.server()):
        return reason
    if lacks := await directory.lacks(surroundings.grants):
        return lacking(lacks)
    if await directory.bypasses_row_security():
        return "the database role may read past row-level security: use one that may not"
    return await _which_key_lacks(at_hand(request, Log), at_hand(request, Keyring))


async def _which_key_lacks(log: Log, keyring: Keyring) -> str | None:
    try:
        fit = await log.keys_fit(keyring)
    except KeyUnavailable as missing:
        return str(missing)
    return keyring.lacking() if fit else "the master key does not open this store's records"


async def _metrics(request: Request) -> bytes:
    await observe_lag(request)
    await _observe_held(request)
    CLOCK_AHEAD.set(at_hand(request, ClockDrift).seconds)
    return generate_latest()
