"""Names are looked up once at a time, kept for a minute, and nobody waits longer than is allowed."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from notifications.delivering import names as module
from notifications.delivering.names import Names, NameUnresolved

ANSWER = ResolveResult(
    hostname="partner.example", host="1.1.1.1", port=0, family=socket.AF_INET, proto=0, flags=0
)


class Server(AbstractResolver):
    """A resolver that answers when it is told to, and notes the names it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.fails = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        await self.answers.wait()
        if self.fails:
            raise OSError(None, "no such name")
        return [ANSWER]

    async def close(self) -> None:
        pass


async def test_all_who_ask_for_a_name_share_one_look_up() -> None:
    server = Server()
    names = Names(server, seconds=5)
    asking = [asyncio.create_task(names.resolve("a.example", port)) for port in range(20)]
    await asyncio.sleep(0)
    server.answers.set()
    assert [[it["port"] for it in await task] for task in asking] == [[port] for port in range(20)]
    assert server.asked == ["a.example"]


async def test_a_silent_name_keeps_no_other_waiting() -> None:
    silent, well = Server(), Server()
    well.answers.set()
    names = Names(_Both(lambda host: silent if host.startswith("silent") else well), seconds=3_600)
    waiting = [asyncio.create_task(names.resolve(f"silent{it}.example")) for it in range(200)]
    await names.resolve("well.example")
    assert not any(it.done() for it in waiting)
    silent.answers.set()
    await asyncio.gather(*waiting)
    await names.close()


async def test_nobody_waits_for_a_silent_name_longer_than_allowed() -> None:
    names = Names(Server(), seconds=0.05)
    waiting = [asyncio.create_task(names.resolve(f"silent{it}.example")) for it in range(200)]
    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(it) for it in outcomes} == {NameUnresolved}
    await names.close()


async def test_an_answer_that_comes_late_serves_the_next_to_ask() -> None:
    server = Server()
    names = Names(server, seconds=0.01)
    for _ in range(2):
        with pytest.raises(NameUnresolved):
            await names.resolve("a.example")
    server.answers.set()
    await asyncio.sleep(0.01)
    assert await names.resolve("a.example", 443) == [ANSWER | {"port": 443}]
    assert server.asked == ["a.example"]


async def test_an_answer_is_kept_for_a_minute_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    server, time = Server(), [0.0]
    monkeypatch.setattr(module, "_now", lambda: time[0])
    server.answers.set()
    names = Names(server, seconds=5)
    for moment, looked_up in ((0.0, 1), (59.9, 1), (60.1, 2)):
        time[0] = moment
        await names.resolve("a.example")
        assert len(server.asked) == looked_up


async def test_a_failure_is_not_kept() -> None:
    server = Server()
    server.answers.set()
    server.fails = True
    names = Names(server, seconds=5)
    with pytest.raises(NameUnresolved):
        await names.resolve("a.example")
    server.fails = False
    assert await names.resolve("a.example")


async def test_who_gives_up_takes_the_look_up_from_nobody() -> None:
    server = Server()
    names = Names(server, seconds=5)
    hasty, patient = (asyncio.create_task(names.resolve("a.example")) for _ in range(2))
    await asyncio.sleep(0)
    hasty.cancel()
    await asyncio.sleep(0)
    server.answers.set()
    assert await patient


class _Both(Server):
    """Asks one of several resolvers, by name."""

    def __init__(self, of: Callable[[str], AbstractResolver]) -> None:
        super().__init__()
        self._of = of

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return await self._of(host).resolve(host, port, family)
