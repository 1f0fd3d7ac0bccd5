"""`disclosure-decisions`: asked by notifications before every attempt, answered from what is recorded now."""

from collections.abc import Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter
from pydantic import TypeAdapter

from contracts.disclosure import Decision, Question, Questions
from episodes.access import Caller
from episodes.disclosure.decision import Allowed, Found, decide
from episodes.disclosure.postgres import Disclosures
from episodes.http.dependencies import allowed, body, here
from episodes.http.openapi import taking
from episodes.http.requests import Surroundings

FORM: TypeAdapter[tuple[Question, ...]] = TypeAdapter(Questions)
log = structlog.get_logger("disclosure")
router = APIRouter(tags=["disclosure"])


@router.post("/v1/disclosure-decisions", openapi_extra=taking("Questions"), response_model_exclude_none=True)
async def decide_disclosures(
    disclosures: Annotated[Disclosures, here(Disclosures)],
    surroundings: Annotated[Surroundings, here(Surroundings)],
    who: Annotated[Caller, allowed("disclosure-decisions", "write")],
    questions: Annotated[tuple[Question, ...], body(FORM)],
) -> Sequence[Decision]:
    """May each event go to that partner now? An answer serves one attempt, begun within two seconds."""

    def deciding(found: Found) -> tuple[list[Decision], list[Allowed]]:
        if found.unreadable:
            log.error("unreadable", count=len(found.unreadable))
        return decide(who, questions, found, surroundings.new_id, surroundings.clock())

    return await disclosures.decided(who.network, questions, deciding)
