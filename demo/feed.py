"""Follows the feed of published events, to show that an event is there."""

import time
from typing import Any

from demo.api import Api

_WAIT = 5


class Feed:
    """The feed from where it ended when `go_to_end` was called."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._numbers: dict[str, int] = {}
        self._after: str | None = None

    def go_to_end(self) -> None:
        while self._page(limit=1000, wait=0):
            pass
        self._numbers.clear()

    def number_of(self, event_id: str, seconds: float) -> int | None:
        """Return its place among the published events of its episode, waiting at most so many seconds."""
        deadline = time.monotonic() + seconds
        while event_id not in self._numbers and time.monotonic() < deadline:
            self._page(limit=1, wait=_WAIT)
        return self._numbers.get(event_id)

    def _page(self, limit: int, wait: int) -> list[Any]:
        after = {} if self._after is None else {"after": self._after}
        page = self._api.get("/v1/feed", limit=str(limit), wait=str(wait), **after)
        self._after = page["next"]
        self._numbers |= {event["id"]: event["publishednumber"] for event in page["events"]}
        events: list[Any] = page["events"]
        return events
