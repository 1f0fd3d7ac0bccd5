"""`disclosure-decisions`: asked by notifications before every attempt, answered from what is recorded now."""

from collections import defaultdict
from uuid import UUID

import structlog
from fastapi import APIRouter
from pydantic import TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from contracts.disclosure import Decision, Question, Questions
from episodes.adapters.http.openapi import describing
from episodes.adapters.http.requests import now, parsed, permitted, refuse_unknown_parameters, services
from episodes.adapters.http.services import Services
from episodes.application.commands import Caller
from episodes.application.disclosing import consent_for, decision
from episodes.application.folding import fold
from episodes.application.recording import Damaged
from episodes.domain.episode import Episode, Held
from episodes.domain.sharing import SharingConsented

PATH = "/v1/disclosure-decisions"
log = structlog.get_logger("disclosure")
_FORM: TypeAdapter[tuple[Question, ...]] = TypeAdapter(Questions)


def router() -> APIRouter:
    routes = APIRouter(tags=["disclosure"])
    decided = {"type": "array", "items": Decision.model_json_schema()}
    extra = describing(PATH, body="Questions", answers=200, answer=decided)
    routes.add_api_route(PATH, decide, methods=["POST"], openapi_extra=extra)
    return routes


async def decide(request: Request) -> Response:
    """May each event go to that partner now? An answer serves one attempt, begun within two seconds."""
    caller = permitted(request, "disclosure-decisions", "write")
    refuse_unknown_parameters(request)
    questions: tuple[Question, ...] = await parsed(request, _FORM)
    found, unreadable = await _episodes(services(request), caller, questions)
    decisions: list[Decision] = []
    allowed: list[tuple[UUID, Question, UUID, Held[SharingConsented]]] = []
    for question in questions:
        episode = found.get(question.event_id)
        identifier = services(request).new_id()
        consent, reason = consent_for(question, episode, now(request))
        if question.event_id in unreadable:
            reason = "unreadable"
        reference = None
        if consent is not None and episode is not None:
            allowed.append((identifier, question, episode.id, consent))
            reference = await services(request).directory.their_reference(
                caller.network, episode.client, question.partner
            )
        decisions.append(decision(identifier, consent, reason, reference))
    if allowed:
        await services(request).directory.record_disclosures(caller.network, allowed)
    body = to_json([one.model_dump(mode="json", exclude_none=True) for one in decisions])
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")


async def _episodes(
    services: Services, caller: Caller, questions: tuple[Question, ...]
) -> tuple[dict[UUID, Episode], set[UUID]]:
    """The episode of each event asked about, as recorded now; another network's or clinic's is not there.

    And the events whose episode cannot be read: one damaged record shall not hold up the others.
    """
    places = await services.log.episodes_of([question.event_id for question in questions])
    events: dict[UUID, list[UUID]] = defaultdict(list)
    for event, episode in places.items():
        events[episode].append(event)
    found: dict[UUID, Episode] = {}
    unreadable: set[UUID] = set()
    for identifier, asked in events.items():
        try:
            folded = fold(await services.log.episode(caller.network, identifier))
        except Damaged:
            log.error("damaged", count=len(asked))
            unreadable.update(asked)
            continue
        if folded is None or folded.network != caller.network:
            continue
        if caller.may_act_for(folded.clinic):
            found.update(dict.fromkeys(asked, folded))
    return found, unreadable
