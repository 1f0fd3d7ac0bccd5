"""Asks the episodes service whether events may go to partners now. Any failure is `NoAnswer`."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, get_args

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from contracts.disclosure import Decision, Question, Reason
from notifications.answers import Doubtful, unexpected
from notifications.episodes_service import EpisodesService

_KNOWN = frozenset(get_args(Reason))


class _Read(Decision):
    """A decision as it is read: a reason that only a later release knows leaves that one event in doubt."""

    reason: Annotated[Reason, BeforeValidator(lambda said: said if said in _KNOWN else "unreadable")]


_QUESTIONS = TypeAdapter(list[Question])
_DECISIONS = TypeAdapter(list[_Read])


class HttpDisclosure:
    """Never retries, because the caller asks again."""

    def __init__(self, episodes: EpisodesService) -> None:
        self._episodes = episodes

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        asked = _QUESTIONS.dump_json(list(questions))
        status, body = await self._episodes.ask("POST", network, "/v1/disclosure-decisions", asked)
        if status != HTTPStatus.OK:
            raise unexpected(status)
        try:
            decisions = _DECISIONS.validate_json(body)
        except ValidationError:
            raise Doubtful("the answer has another form") from None
        if len(decisions) != len(questions):
            raise Doubtful("as many answers as questions are expected")
        return decisions
