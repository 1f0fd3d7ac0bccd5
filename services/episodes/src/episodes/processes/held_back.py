"""What a follower of the log holds back, so that it can go on with everything else.

An event that cannot be read holds up its own episode: it and the later ones wait, so that their order stays.
A network that is not configured holds up itself. What is held is tried again, and taken up where it stands.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from episodes.processes.follower import Ending

Kind = Literal["episode", "network"]
Id = UUID | str
"""The id of an episode, as the library types that of an originator. It is always a UUID."""

TOO_MANY = 10
"""When more episodes than this cannot be read, and nothing else can, the fault is not theirs."""
AT_ONCE = 100
"""How many episodes are tried again at a time."""
TRY_EVERY = 60.0
"""Seconds between two attempts at them."""


class NothingReadable(Ending):
    """What fails for every event alike is no event's fault."""


class Held(NamedTuple):
    """Whatever of an episode or a network stands after this position is not done."""

    kind: Kind
    name: str
    after: int
    reason: str


class Rows(Protocol):
    """Where it is kept. What writes raises `Deposed` once another process follows instead."""

    def held(self) -> Sequence[Held]: ...

    def retired(self) -> Collection[str]:
        """The networks of which nothing is to be done any more."""
        ...

    def hold(self, held: Held) -> None: ...

    def release(self, kind: Kind, name: str) -> None: ...


class Gate(Protocol):
    """What decides which events pass."""

    def waits(self, episode: Id, position: int) -> bool:
        """Whether the event at this position waits for an earlier one of its episode."""
        ...

    def passes(self, network: str, position: int) -> bool:
        """Whether the events of a network pass at this position."""
        ...

    def hold(self, episode: Id, position: int, reason: str) -> None:
        """The event at this position cannot be read."""
        ...


class HeldBack:
    """The gate of one follower. `configured` are the networks that it is configured for."""

    def __init__(self, rows: Rows, configured: Collection[str], log: Any) -> None:
        self._rows = rows
        self._configured = frozenset(configured)
        self._log = log
        self._retired = frozenset(rows.retired())
        held = rows.held()
        self._episodes: dict[Id, Held] = {UUID(it.name): it for it in held if it.kind == "episode"}
        self._networks = {it.name: it for it in held if it.kind == "network"}
        self._new: dict[Id, Held] = {}
        self._in_a_row = len(self._episodes)

    def waits(self, episode: Id, position: int) -> bool:
        held = self._episodes.get(episode)
        return held is not None and position > held.after

    def passes(self, network: str, position: int) -> bool:
        if self.is_retired(network):
            return False
        held = self._networks.get(network)
        from_here = held is None or position <= held.after
        if network in self._configured:
            return from_here
        if from_here:
            held = self._networks[network] = Held("network", network, position - 1, "not configured")
            self._rows.hold(held)
        return False

    def hold(self, episode: Id, position: int, reason: str) -> None:
        """It is kept by `store`, which must come before the follower's position moves past the event."""
        if not self.waits(episode, position):
            held = Held("episode", str(episode), position - 1, reason)
            self._episodes[episode] = self._new[episode] = held

    def store(self, *, anything_read: bool) -> None:
        """Keep what a page made to hold. `anything_read` is whether any event of the page could be read.

        Raises `NothingReadable`, with nothing kept, if this page and those before it had nothing else.
        """
        self._in_a_row = 0 if anything_read else self._in_a_row + len(self._new)
        if self._new and self._in_a_row > TOO_MANY:
            raise NothingReadable(f"no event can be read: {next(iter(self._new.values())).reason}")
        for held in self._new.values():
            self._rows.hold(held)
            self._log.error(
                "episode held back", episode=held.name, position=held.after + 1, reason=held.reason
            )
        self._new.clear()

    @property
    def episodes(self) -> Collection[Id]:
        """The episodes that are held back."""
        return self._episodes.keys()

    def due(self) -> list[tuple[Id, int]]:
        """The episodes to try again now, and after which position. Next time it is the turn of others."""
        due = list(self._episodes)[:AT_ONCE]
        for episode in due:
            self._episodes[episode] = self._episodes.pop(episode)
        return [(episode, self._episodes[episode].after) for episode in due]

    def done(self, episode: Id) -> None:
        """All events of the episode are done."""
        self._rows.release("episode", str(episode))
        del self._episodes[episode]
        self._log.info("episode no more held back", episode=str(episode))

    def still(self, episode: Id, after: int, reason: str) -> None:
        """The events of the episode up to this position are done, and not the next."""
        held = Held("episode", str(episode), after, reason)
        if held != self._episodes[episode]:
            self._rows.hold(held)
            self._episodes[episode] = held

    def network_due(self) -> tuple[str, int] | None:
        """A held network that is configured again, and after which position."""
        due = (it for it in self._networks.values() if self.is_open(it.name))
        return next(((it.name, it.after) for it in due), None)

    def is_open(self, network: str) -> bool:
        """Whether events of the network are to be done at all."""
        return network in self._configured and not self.is_retired(network)

    def is_retired(self, network: str) -> bool:
        return network in self._retired

    def is_held(self, network: str) -> bool:
        return network in self._networks

    def network_done(self, network: str, upto: int, *, whole: bool) -> None:
        """The events of the network up to this position are done; `whole` if these are all."""
        if whole:
            self._rows.release("network", network)
            del self._networks[network]
            self._log.info("network no more held back", network=network)
        else:
            self._networks[network] = held = self._networks[network]._replace(after=upto)
            self._rows.hold(held)

    def say(self) -> None:
        """Tell the operator what is held back, and learn which networks were retired meanwhile."""
        self._retired = frozenset(self._rows.retired())
        waiting = sorted(self._networks.keys() - self._configured - self._retired)
        if waiting:
            self._log.error(
                "networks held back: name them in EPISODES_NETWORKS or retire them", networks=waiting
            )
        if self._episodes:
            self._log.error("episodes held back", count=len(self._episodes))
        if nothing := sorted(self._configured & self._retired):
            self._log.error("networks are configured that were retired", networks=nothing)


class OfOneNetwork:
    """The gate for catching up with one network, of whose episodes some may still be held."""

    def __init__(self, held: HeldBack, network: str) -> None:
        self._network = network
        self.waits, self.hold = held.waits, held.hold

    def passes(self, network: str, position: int) -> bool:
        return network == self._network


class OfOneEpisode:
    """The gate for trying one episode again: up to its first event that cannot be read."""

    def __init__(self, held: HeldBack) -> None:
        self._held = held
        self.after: int | None = None
        """The position before that event."""
        self.reason = ""

    def waits(self, episode: Id, position: int) -> bool:
        return self.after is not None and position > self.after

    def passes(self, network: str, position: int) -> bool:
        if self._held.is_retired(network):
            return False
        if self._held.is_open(network) and not self._held.is_held(network):
            return True
        self.hold_at(position, "its network is held back")
        return False

    def hold(self, episode: Id, position: int, reason: str) -> None:
        self.hold_at(position, reason)

    def hold_at(self, position: int, reason: str) -> None:
        if self.after is None or position <= self.after:
            self.after, self.reason = position - 1, reason
