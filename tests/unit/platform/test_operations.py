"""What anybody may ask costs little, however many ask, and can have a port of its own."""

import asyncio
import threading
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from care_platform.http.operations import Operations, router, serve_document
from care_platform.http.operations_port import OperationsApart
from care_platform.http.problems import Problem, Problems
from care_platform.http.shared_answers import SharedAnswer

REQUEST = Mock(spec=Request)


class Question:
    """Answers with how often it was asked, once it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.may = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self, _: Request) -> int:
        self.asked += 1
        await self.may.wait()
        if self.fault is not None:
            raise self.fault
        return self.asked


async def test_however_many_ask_the_question_is_put_once() -> None:
    question = Question()
    shared = SharedAnswer(question)
    asking = [asyncio.create_task(shared(REQUEST)) for _ in range(500)]
    await asyncio.sleep(0)
    asking += [asyncio.create_task(shared(REQUEST)) for _ in range(500)]
    await asyncio.sleep(0)
    question.may.set()
    assert set(await asyncio.gather(*asking)) == {1}
    assert await shared(REQUEST) == 2


async def test_who_leaves_takes_the_answer_from_nobody_and_an_error_is_told_to_all() -> None:
    question = Question()
    shared = SharedAnswer(question)
    question.fault = ValueError("no database")
    leaving, staying = asyncio.create_task(shared(REQUEST)), asyncio.create_task(shared(REQUEST))
    await asyncio.sleep(0)
    leaving.cancel()
    question.may.set()
    with pytest.raises(ValueError, match="no database"):
        await staying
    assert leaving.cancelled()
    assert question.asked == 1
    question.fault = None
    assert await shared(REQUEST) == 2


async def test_while_the_document_is_made_others_are_answered_and_it_is_made_once() -> None:
    app, may, made = FastAPI(openapi_url=None), threading.Event(), []

    def make() -> dict[str, Any]:
        made.append(may.wait(30))
        return {"paths": {}}

    @app.get("/another")
    async def another() -> int:
        may.set()
        return 1

    serve_document(app, make)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as http:
        first, second = (asyncio.create_task(http.get("/openapi.json")) for _ in range(2))
        await asyncio.sleep(0.05)
        assert (await http.get("/another")).json() == 1
        assert (await first).json() == (await second).json() == {"paths": {}}
        assert (await http.get("/openapi.json")).status_code == 200
    assert made == [True]


@pytest.mark.parametrize(
    ("path", "public", "operators"),
    [
        ("/metrics", False, True),
        ("/health/ready", False, True),
        ("/openapi.json", False, True),
        ("/health/live", True, True),
        ("/problems/malformed", True, False),
        ("/v1/feed", True, False),
        ("/v1/episodes", True, False),
        ("/metrics/", True, False),
        ("/", True, False),
    ],
)
async def test_each_port_has_its_own_paths(path: str, public: bool, operators: bool) -> None:
    served: list[Any] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        served.append(scope["server"][1])

    apart = OperationsApart(app, 9_000)
    for port, there in ((8_000, public), (9_000, operators)):
        scope = {"type": "http", "path": path, "server": ("127.0.0.1", port)}
        if there:
            await apart(scope, Mock(), Mock())
        else:
            with pytest.raises(Problem):
                await apart(scope, Mock(), Mock())
    assert served == [8_000] * public + [9_000] * operators


@pytest.mark.parametrize("reason", [None, "no database"])
@pytest.mark.parametrize("warnings", [(), ("something is damaged",)])
async def test_what_must_be_looked_into_is_told_beside_whether_requests_can_be_answered(
    reason: str | None, warnings: tuple[str, ...]
) -> None:
    async def why_not_ready(_: Request) -> str | None:
        return reason

    async def metrics(_: Request) -> bytes:
        return b""

    async def told(_: Request) -> tuple[str, ...]:
        return warnings

    app = FastAPI()
    app.include_router(
        router(Operations(lambda _: True, why_not_ready, metrics, told), Problems((), {}), lambda _: {})
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        answer = await http.get("/health/ready")
    expected = {"reason": reason, "warnings": list(warnings) or None}
    assert answer.status_code == (503 if reason else 200)
    assert answer.json() == {"ready": reason is None} | {
        name: said for name, said in expected.items() if said is not None
    }
