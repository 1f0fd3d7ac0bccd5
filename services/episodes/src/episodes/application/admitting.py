"""What must hold before a command is decided: its episode is the caller's, nobody is named in vain."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from episodes.application.commands import Command, named
from episodes.application.errors import Moved, NotThere, ReferenceKnown
from episodes.application.known import Cached, Known
from episodes.domain.amendments import EntryAttested
from episodes.domain.episode import Episode
from episodes.domain.referring import involved
from episodes.domain.refusals import NotAllowed, RuleBroken, Unknown
from episodes.domain.time import When, compare


def episode_of(known: Known, command: Command, now: datetime, new_id: Callable[[], UUID]) -> Cached:
    """The episode a command is for, or a new one for an opening."""
    if command.episode is None:
        return _new(command, new_id())
    cached = _there(known, command, command.episode)
    if not _may_act(command, cached.episode, now):
        raise NotThere
    return cached


def episodes_of_client(known: Known, command: Command) -> Sequence[Cached]:
    """Every episode of the client a command is for, if the caller acts for the clinic of one of them."""
    episodes = _of_client(known, command)
    if not any(command.caller.may_act_for(cached.episode.clinic) for cached in episodes):
        raise NotThere
    return episodes


def refuse_to_repeat_elsewhere(known: Known, command: Command) -> None:
    """A repeat is answered only where its caller may still act, or could when it was recorded."""
    if command.episode is not None:
        episode = _there(known, command, command.episode).episode
        if command.caller.partner is None and not _ever_of(command, episode):
            raise NotThere
    elif command.client is not None:
        if not any(_ever_of(command, cached.episode) for cached in _of_client(known, command)):
            raise NotThere
    elif command.clinic is None or not command.caller.may_act_for(command.clinic):
        raise NotThere


def _of_client(known: Known, command: Command) -> Sequence[Cached]:
    assert command.client is not None
    ids = known.of_clients.get((command.caller.network, command.client), [])
    return [_there(known, command, identifier) for identifier in ids]


def _ever_of(command: Command, episode: Episode) -> bool:
    """Whether the episode is or was a clinic's for which the caller may act."""
    clinics = {episode.clinic} | {entry.header.clinic for entry in episode.entries}
    return any(map(command.caller.may_act_for, clinics))


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
    _refuse_without_standing(known, command)


def _refuse_without_standing(known: Known, command: Command) -> None:
    """Imports come from a network's systems, and only somebody with a licence vouches for others."""
    if command.circumstances.origin is not None and command.caller.actor.role != "service":
        raise NotAllowed("imported-by-a-service-only", "/origin")
    if isinstance(command.draft, EntryAttested):
        attester = known.rows["staff", command.caller.network, command.draft.by]
        if not attester["licensed"]:
            raise RuleBroken("attested-without-a-licence", "/by")


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
    """What is another network's is not there. Raises `Damaged` if it cannot be read."""
    if identifier in known.damaged:
        raise known.damaged[identifier]
    cached = known.episodes.get(identifier)
    if cached is None or cached.episode.network != command.caller.network:
        raise NotThere
    return cached


def _may_act(command: Command, episode: Episode, now: datetime) -> bool:
    """Staff for the clinic that has the episode now; a partner while it is involved."""
    partner = command.caller.partner
    if partner is not None:
        return involved(episode, partner, episode.time(now))
    return command.caller.may_act_for(episode.clinic)


def _new(command: Command, identifier: UUID) -> Cached:
    clinic, network = command.clinic, command.caller.network
    if clinic is None or not command.caller.may_act_for(clinic):
        raise Unknown("unknown-clinic", "/clinic")
    return Cached(Episode(id=identifier, network=network, clinic=clinic, client=command.draft.client), 0)
