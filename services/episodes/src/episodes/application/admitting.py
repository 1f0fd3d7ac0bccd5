"""What must hold before a command is decided: its episode is the caller's, nobody is named in vain."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from episodes.application.commands import Command, named
from episodes.application.errors import Moved, NotThere, ReferenceKnown
from episodes.application.known import Cached, Known
from episodes.domain.episode import Episode
from episodes.domain.refusals import RuleBroken, Unknown
from episodes.domain.time import When, compare


def episode_of(known: Known, command: Command, new_id: Callable[[], UUID]) -> Cached:
    """The episode a command is for, or a new one for an opening."""
    return _new(command, new_id()) if command.episode is None else _there(known, command, command.episode)


def refuse_to_repeat_elsewhere(known: Known, command: Command) -> None:
    """A repeat is answered only where its caller may still act."""
    if command.episode is not None:
        _there(known, command, command.episode)
    elif command.clinic is None or not command.caller.may_act_for(command.clinic):
        raise NotThere


def admit(known: Known, command: Command, episode: Episode) -> None:
    """Refuses a version that has moved, the caller's own id known already, and names of nobody."""
    if command.if_match is not None and command.if_match != episode.version:
        raise Moved(episode.version)
    if command.reference is not None:
        found = known.references.get((command.caller.network, command.reference))
        if found is not None:
            raise ReferenceKnown(*found)
    for row in named(command):
        if (row.table, command.caller.network, row.id) not in known.rows:
            raise Unknown(f"unknown-{row.table.removesuffix('s')}", row.pointer)


def time_of(known: Known, command: Command, episode: Episode, now: datetime) -> When:
    """The fact's own time if it states one; a contradicting one beside it is refused."""
    zone = known.rows["clinics", episode.network, episode.clinic]["zone"]
    said = command.circumstances
    if said.occurred_at is None and said.precision is not None:
        raise RuleBroken("precision-without-a-time", "/precision")
    stated = None
    if said.occurred_at is not None:
        stated = When.of(said.occurred_at, said.precision or "second", zone)
    own_time = command.step.own_time
    if own_time is None:
        return stated or When(now, "second", zone)
    own = own_time(command.draft, zone)
    if stated is not None and compare(own, stated) != 0:
        raise RuleBroken("contradicting-times", "/occurred_at")
    return own


def _there(known: Known, command: Command, identifier: UUID) -> Cached:
    """What is another network's or clinic's is not there."""
    cached = known.episodes.get(identifier)
    if cached is None or cached.episode.network != command.caller.network:
        raise NotThere
    if not command.caller.may_act_for(cached.episode.clinic):
        raise NotThere
    return cached


def _new(command: Command, identifier: UUID) -> Cached:
    clinic, network = command.clinic, command.caller.network
    if clinic is None or not command.caller.may_act_for(clinic):
        raise Unknown("unknown-clinic", "/clinic")
    return Cached(Episode(id=identifier, network=network, clinic=clinic, client=command.draft.client), 0)
