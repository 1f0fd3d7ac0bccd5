"""What a process has logged until now, whose lines are written by a thread of their own."""

from collections.abc import Callable
from uuid import uuid4

import httpx

from tests.support.waiting import eventually


def log_until_now(address: str, read: Callable[[], str]) -> str:
    """Everything that the API at this address logged before this moment.

    A request of ours is refused, and its line waited for: lines are written in order.
    """
    mark = str(uuid4())
    httpx.get(f"{address}/v1/nothing", headers={"x-correlation-id": mark}, timeout=60).close()
    eventually(lambda: mark in read(), "our own request is logged")
    before, _, _ = read().partition(mark)
    return before.rpartition("\n")[0] + "\n"
