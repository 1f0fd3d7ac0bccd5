"""One kind of event and the command that records it: what its module declares, and `steps` lists."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from episodes.domain.decision import Decide
from episodes.domain.episode import Episode
from episodes.domain.event import RecordedEvent
from episodes.domain.roles import Role
from episodes.domain.time import When

Evolve = Callable[[Episode, RecordedEvent[Any]], Episode]

NEVER, OF_BEFORE, ALWAYS = "never", "of the time before", "always"
"""When a fact may be recorded of a closed episode."""

UNCHANGEABLE, CORRECTABLE, RETRACTABLE = "by its opposite", "corrected", "corrected or retracted"
"""How an entry that was wrong is set right."""


def nothing_more(episode: Episode, entry: RecordedEvent[Any]) -> Episode:
    return episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind of event and its command: what `command` calls it, at the path `resource` below the episode.

    `name` is what is stored, for ever: it is data, not a Python path. Never reuse or change one.
    `who` may record it. `published` says whether it leaves the service, which is private by default.
    `opens` marks the command that begins an episode: it names its clinic in the body.
    `needs_subject` asks for the random id by which the command's partner knows the client.
    `scope` is the client where one command is recorded in each of a client's episodes.
    `kind` is the class of facts a client consents to share, none if it goes to no partner.
    `after_closing` says whether it may be recorded once the episode is closed.
    `amended` says whether an entry of this kind may be corrected or retracted.
    `rewrites` tells that `evolve` changes entries before it, so that what follows from them is derived anew.
    `own_time` reads the time the fact itself states, if it has one, and `time_at` says in which field.
    `most_events` is how many one command may record, what it judges anew aside.
    `judges` says that by facts of this kind sessions are judged: one that comes late judges them anew.
    `asks_age` says that its decision or its warnings need the client's birth date from the directory.
    `offered` says whether a caller may ask for it; what is not, the service or its operator records.
    """

    name: str
    fact: type[Any]
    command: str
    resource: str
    who: frozenset[Role]
    decide: Decide
    evolve: Evolve = nothing_more
    published: bool = False
    opens: bool = False
    needs_subject: bool = False
    scope: Literal["episode", "client"] = "episode"
    kind: str | None = None
    after_closing: str = NEVER
    amended: str = UNCHANGEABLE
    rewrites: bool = False
    own_time: Callable[[Any, str], When] | None = None
    time_at: str = "/occurred_at"
    most_events: int = 1
    judges: bool = False
    asks_age: bool = False
    offered: bool = True
