"""Asks the episodes service whether events may go to partners now. Any failure is `NoAnswer`."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from contracts.disclosure import Decision, Question
from notifications.answers import NoAnswer
from notifications.episodes_service import EpisodesService

_QUESTIONS = TypeAdapter(list[Question])
_DECISIONS = TypeAdapter(list[Decision])


class HttpDisclosure:
    """Never retries, because the caller asks again."""

    def __init__(self, episodes: EpisodesService) -> None:
        self._episodes = episodes

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        asked = _QUESTIONS.dump_json(list(questions))
        status, body = await self._episodes.ask("POST", network, "/v1/disclosure-decisions", asked)
        if status != 200:
            raise NoAnswer(f"the episodes service answers {status}")
        try:
            decisions = _DECISIONS.validate_json(body)
        except ValidationError as fault:
            raise NoAnswer(type(fault).__name__) from None
        if len(decisions) != len(questions):
            raise NoAnswer("as many answers as questions are expected")
        return decisions
