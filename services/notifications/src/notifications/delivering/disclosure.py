"""Asks the episodes service whether events may go to partners now. Any failure is `NoAnswer`."""

from collections.abc import Callable, Sequence

import aiohttp
from pydantic import TypeAdapter, ValidationError

from contracts.disclosure import Decision, Question
from notifications.delivering.courier import NoAnswer
from notifications.service_tokens import NoToken

_MAX_ANSWER = 1024 * 1024
_QUESTIONS = TypeAdapter(list[Question])
_DECISIONS = TypeAdapter(list[Decision])


class HttpDisclosure:
    """Never retries, because the caller asks again."""

    def __init__(
        self, url: str, token: Callable[[str], str], session: aiohttp.ClientSession, seconds: float
    ) -> None:
        self._url = f"{url}/v1/disclosure-decisions"
        self._token = token
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(2.0, seconds))

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        try:
            body = await self._post(network, _QUESTIONS.dump_json(list(questions)))
            decisions = _DECISIONS.validate_json(body)
        except (aiohttp.ClientError, TimeoutError, NoToken, ValidationError) as fault:
            raise NoAnswer(type(fault).__name__) from None
        if len(decisions) != len(questions):
            raise NoAnswer("as many answers as questions are expected")
        return decisions

    async def _post(self, network: str, body: bytes) -> bytes:
        headers = {"Authorization": f"Bearer {self._token(network)}", "Content-Type": "application/json"}
        request = self._session.post(
            self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
        )
        async with request as answer:
            if answer.status != 200:
                raise NoAnswer(f"the episodes service answers {answer.status}")
            if (answer.content_length or 0) > _MAX_ANSWER:
                raise NoAnswer("the answer is too long")
            return await answer.read()
