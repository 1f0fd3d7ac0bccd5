"""`disclosure-decisions`: asked by notifications before every attempt, answered from what is recorded now."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from fastapi import APIRouter
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from contracts.disclosure import Decision, Question, Questions
from episodes.access import Caller
from episodes.disclosure.decision import consent_for, decision
from episodes.disclosure.postgres import Allowed, Disclosures, Found
from episodes.http.openapi import describing
from episodes.http.requests import Surroundings, at_hand, now, parsed, permitted, refuse_unknown_parameters

PATH = "/v1/disclosure-decisions"
log = structlog.get_logger("disclosure")
_FORM: TypeAdapter[tuple[Question, ...]] = TypeAdapter(Questions)


def router() -> APIRouter:
    routes = APIRouter(tags=["disclosure"])
    decided = {"type": "array", "items": Decision.model_json_schema()}
    extra = describing(PATH, body="Questions", answers=200, answer=decided)
    routes.add_api_route(PATH, decide_disclosures, methods=["POST"], openapi_extra=extra)
    return routes


async def decide_disclosures(request: Request) -> Response:
    """May each event go to that partner now? An answer serves one attempt, begun within two seconds."""
    caller = permitted(request, "disclosure-decisions", "write")
    refuse_unknown_parameters(request)
    questions: tuple[Question, ...] = await parsed(request, _FORM)
    deciding = partial(
        _decided, caller, questions, at_hand(request, Surroundings).new_id, partial(now, request)
    )
    decisions = await at_hand(request, Disclosures).decided(caller.network, questions, deciding)
    body = to_json([one.model_dump(mode="json", exclude_none=True) for one in decisions])
    return Response(body, media_type="application/json")


def _decided(
    caller: Caller,
    questions: Sequence[Question],
    new_id: Callable[[], UUID],
    clock: Callable[[], datetime],
    found: Found,
) -> tuple[list[Decision], list[Allowed]]:
    """The answers in the order of the questions. An episode of another clinic is not there."""
    if found.unreadable:
        log.error("damaged", count=len(found.unreadable))
    at = clock()
    decisions: list[Decision] = []
    allowed: list[Allowed] = []
    for question in questions:
        identifier = new_id()
        place = found.episode_of.get(question.event_id)
        episode = None if place is None else found.episodes.get(place)
        if episode is not None and not caller.may_act_for(episode.clinic):
            episode = None
        consent, reason = consent_for(question, episode, at)
        reference = None
        if place in found.unreadable:
            reason = "unreadable"
        elif consent is not None and episode is not None:
            allowed.append((identifier, question, episode.id, consent))
            reference = found.references.get((episode.client, question.partner))
        decisions.append(decision(identifier, consent, reason, reference))
    return decisions, allowed
