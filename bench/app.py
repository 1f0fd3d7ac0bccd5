"""The episodes service with the empty command added: every check of a command, and nothing recorded.

The empty command exists twice: as an ordinary FastAPI endpoint, the anchor, and as a plain route like ours.
"""

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from care_platform.http.json_bodies import json_body, read_json
from care_platform.http.serving import serving
from episodes.__main__ import application
from episodes.api.app import layered
from episodes.config import Settings
from episodes.domain.vocabulary import BY_RESOURCE
from episodes.http.entity_tags import if_match
from episodes.http.requests import idempotency_key, path_id, permitted
from episodes.recording.endpoint import CommandRoute, Created, body_form

STEP = BY_RESOURCE["assessments"]
CONSTANT = b'{"events":[],"episode":{},"warnings":[]}'


def with_empty_command(settings: Settings) -> ASGIApp:
    """The application, with both empty commands."""
    app = application(settings)
    form = body_form(STEP)

    async def checked(request: Request) -> None:
        permitted(request, STEP.resource, "write")
        idempotency_key(request)
        if_match(request)
        path_id(request, "episode")
        read_json(form, await json_body(request))

    async def empty(request: Request) -> Response:
        await checked(request)
        return Response(CONSTANT, 201, media_type="application/json")

    async def short(request: Request) -> Response:
        await checked(request)
        return Created(CONSTANT)

    app.add_api_route("/v1/episodes/{episode}/empty", empty, methods=["POST"], response_model=None)
    app.router.routes.insert(0, CommandRoute("/v1/episodes/{episode}/empty-short", short, methods=["POST"]))
    return layered(app)


if __name__ == "__main__":
    settings = Settings()
    uvicorn.run(
        with_empty_command(settings), host=settings.host, port=settings.port, **serving(settings.door())
    )
