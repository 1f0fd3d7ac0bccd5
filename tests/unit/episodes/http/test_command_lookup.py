"""The shortcut to a command finds what the application's own router would find, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from episodes.domain.vocabulary import COMMANDS
from episodes.http.command_lookup import CommandLookup
from episodes.recording.endpoint import CommandRoute, path_of

WORDS = sorted({part for step in COMMANDS for part in path_of(step).split("/") if part and part[0] != "{"})
PATHS = st.lists(st.sampled_from([*WORDS, "", "7c1f0a52-53a4-4c5e-9a1b-0f6c1d9e2b11", "x"]), max_size=6)


async def named(request: Request) -> Response:
    return Response(request.scope["route"].path)


ROUTES = [CommandRoute(path_of(step), named, methods=["POST"]) for step in COMMANDS]


def scope_of(path: str, method: str = "POST") -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}


def routed(path: str) -> tuple[str, dict[str, str]] | None:
    """The template and the ids that the application's router would find."""
    for route in ROUTES:
        match, found = route.matches(scope_of(path))
        if match is Match.FULL:
            return route.path, found["path_params"]
    return None


async def looked_up(path: str, method: str = "POST") -> tuple[str, dict[str, str]] | None:
    passed_on = False

    async def application(scope: Scope, receive: object, send: object) -> None:
        nonlocal passed_on
        passed_on = True

    async def nothing(*_: object) -> None: ...

    scope = scope_of(path, method)
    await CommandLookup(application, ROUTES)(scope, nothing, nothing)  # type: ignore[arg-type]
    return None if passed_on else (scope["route"].path, scope["path_params"])


@given(parts=PATHS)
async def test_any_path_leads_where_the_router_would_lead(parts: list[str]) -> None:
    path = "/v1/" + "/".join(parts)
    found = await looked_up(path)
    assert found is None or found == routed(path)


@pytest.mark.parametrize("step", COMMANDS, ids=lambda step: step.name)
async def test_every_command_is_found_with_its_ids(step: object) -> None:
    path = path_of(step).format(episode="e", about="a", client="c")  # type: ignore[arg-type]
    assert await looked_up(path) == routed(path) is not None


async def test_another_method_is_left_to_the_application() -> None:
    assert await looked_up("/v1/episodes", "GET") is None


def test_a_path_whose_second_parts_are_no_ids_is_refused_at_start() -> None:
    odd = CommandRoute("/v1/episodes/all/plans", named, methods=["POST"])
    with pytest.raises(ValueError, match="no id where one belongs"):
        CommandLookup(named, [odd])  # type: ignore[arg-type]
