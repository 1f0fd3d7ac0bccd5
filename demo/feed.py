"""Follows the feed of published events, to show the position of an event."""

import time
from typing import Any

from demo.api import Api

_WAIT = 5


class Feed:
    """The feed from where it ended when `go_to_end` was called."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._positions: dict[str, str] = {}
        self._after: str | None = None

    def go_to_end(self) -> None:
        while self._page(limit=1000, wait=0):
            pass
        self._positions.clear()

    def position_of(self, event_id: str, seconds: float) -> str | None:
        """Return the position after the event, waiting at most so many seconds until it is published."""
        deadline = time.monotonic() + seconds
        while event_id not in self._positions and time.monotonic() < deadline:
            self._page(limit=1, wait=_WAIT)
        return self._positions.get(event_id)

    def _page(self, limit: int, wait: int) -> list[Any]:
        after = {} if self._after is None else {"after": self._after}
        page = self._api.get("/v1/feed", limit=str(limit), wait=str(wait), **after)
        self._after = page["next"]
        self._positions |= {event["id"]: page["next"] for event in page["events"]}
        events: list[Any] = page["events"]
        return events
