"""A load at a fixed rate, measured from when each request was meant to start.

Slow answers do not delay the schedule, so the requests that waited count too: no coordinated omission.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from statistics import quantiles
from typing import Any

Ask = Callable[[int], Coroutine[Any, Any, None]]
"""Sends the nth request and reads its answer; raises if it is an error."""


async def paced(ask: Ask, per_second: float, seconds: float) -> list[float]:
    """The latency of each request in milliseconds, in the order asked."""
    count = int(per_second * seconds)
    began = time.perf_counter() + 0.05
    took = [0.0] * count

    async def one(number: int) -> None:
        await ask(number)
        took[number] = (time.perf_counter() - began - number / per_second) * 1000

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            wait = began + number / per_second - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(one(number))
    return took


def p50_and_p99(figures: Sequence[float]) -> tuple[float, float]:
    cuts = quantiles(figures, n=100)
    return cuts[49], cuts[98]
