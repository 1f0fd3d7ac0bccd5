"""What the episodes service tells of a log when asked: events of an episode, and last numbers by stretch."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
NUMBER = "publishednumber"


def events_page(log: Sequence[Document], source: str, episode: str, query: Mapping[str, str]) -> Any:
    """The answer to `published-events`. None if the log has no such episode."""
    of_episode = [it for it in log if it.get("subject") == episode and it["source"] == source]
    if not of_episode:
        return None
    after, limit = int(query.get("after", "0")), int(query.get("limit", "100"))
    later = sorted((it for it in of_episode if it[NUMBER] > after), key=lambda it: int(it[NUMBER]))
    return {"events": later[:limit], "more": len(later) > limit}


def numbers_page(log: Sequence[Document], source: str, query: Mapping[str, str]) -> Any:
    """The answer to `published-sequences`. Positions are those of the feed."""
    after, up_to = _place(query.get("after", "p0")), _place(query.get("up_to", f"p{len(log)}"))
    end = min(up_to, after + int(query.get("limit", "1000")))
    of_network = [it for it in log[after:end] if it.get("source") == source and NUMBER in it]
    last = {it["subject"]: it for it in of_network}.values()
    told = [{"episode": it["subject"], "sequence": it[NUMBER], "clinic": it["clinic"]} for it in last]
    return {"episodes": told, "next": f"p{max(after, end)}", "behind_seconds": 0.0}


def _place(position: str) -> int:
    return int(position[1:])
