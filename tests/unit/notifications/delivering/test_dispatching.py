"""Who is asked when: of a network one question is under way at a time, and none waits for another network."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import psycopg

from contracts.disclosure import Decision, Question
from notifications.delivering.courier import Claimed
from notifications.delivering.dispatch import Dispatch
from tests.unit.notifications.delivering.test_attempts import World, claimed, courier, decision


@dataclass
class Networks(World):
    """Always owes one more to each network; the network `slow` is answered when `answer` says so."""

    answer: asyncio.Event = field(default_factory=asyncio.Event)
    claiming: asyncio.Event = field(default_factory=asyncio.Event)
    claims: list[Sequence[str]] = field(default_factory=list)
    asking: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def claim(self, networks: Sequence[str], room: int) -> Sequence[Claimed]:
        await asyncio.sleep(0)
        self.claims.append(networks)
        self.claiming.set()
        return [claimed(network=network) for network in networks]

    async def ask(self, network: str, questions: Sequence[Question]) -> Sequence[Decision]:
        self.asking[network] += 1
        assert self.asking[network] == 1
        await (self.answer.wait() if network == "slow" else asyncio.sleep(0))
        self.asking[network] -= 1
        return [decision() for _ in questions]


async def nobody() -> NoReturn:
    raise psycopg.OperationalError


async def until(world: Networks, holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            world.claiming.clear()
            await world.claiming.wait()


async def test_while_a_network_is_asked_about_the_rest_of_it_waits_and_other_networks_do_not() -> None:
    world = Networks()
    stop = asyncio.Event()
    running = asyncio.create_task(Dispatch(courier(world), ["slow", "quick"], nobody).run(stop))
    await until(world, lambda: len(world.claims) >= 10)
    assert world.claims[0] == ["slow", "quick"]
    assert world.claims[1:10] == [["quick"]] * 9
    answered = len(world.claims)
    world.answer.set()
    await until(world, lambda: any("slow" in networks for networks in world.claims[answered:]))
    stop.set()
    await running
