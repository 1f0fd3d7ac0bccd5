"""What the directory says of whom a command names, from the rows that were read for it."""

from episodes.domain.births import Born
from episodes.domain.care.amendments import EntryAddedTo
from episodes.domain.decision import Known
from episodes.domain.episode import Episode
from episodes.recording.commands import CommandRequest
from episodes.recording.store import ReadSet


def asks_age(request: CommandRequest) -> bool:
    """Whether the birth date of the episode's client is to be read: an addition may state the age."""
    added = request.draft.added if isinstance(request.draft, EntryAddedTo) else {}
    return request.step.asks_age or "age" in added


def known_of(read_set: ReadSet, episode: Episode) -> Known:
    client = read_set.rows.get(("clients", episode.network, episode.client), {})
    return Known(born=_born(client.get("born")))


def _born(text: str | None) -> Born | None:
    """Where the directory has what is no birth date, from before it was checked, none is known."""
    try:
        return None if text is None else Born.of(text)
    except ValueError:
        return None
