"""What can go wrong around a decision. Each stores nothing, but for an outcome that stays unknown.

Refused (domain)            a rule says no
Failed
├── NotThere                no such thing, or not the caller's
├── KeyReused               the idempotency key belongs to another request
├── ReferenceKnown          the caller's own id is recorded already
├── Moved                   the episode or entry is not at the version the caller expects
├── PreconditionRequired    a change of an entry must say which version it replaces
├── InConflict              still contended after the retries
├── TooLarge                the event is over the limit of one event
├── TooManyWaiting          the queue is full or the answer took too long
├── TooManyRequests         as many requests of this caller wait as may
├── AnotherLog              the position was given in another log
├── Behind                  the list does not show the caller's write yet
└── StoreUnavailable        the store cannot be reached, or did not answer
"""

from uuid import UUID


class Failed(Exception):
    """A command or query that was not carried out."""


class NotThere(Failed):
    pass


class KeyReused(Failed):
    pass


class ReferenceKnown(Failed):
    """The ids are None for a caller who may not see the event."""

    def __init__(self, episode: UUID | None, event: UUID | None) -> None:
        super().__init__("source_ref known")
        self.episode = episode
        self.event = event


class Moved(Failed):
    """`version` is the one there is; None if there is nothing."""

    def __init__(self, version: int | None) -> None:
        super().__init__("moved")
        self.version = version


class PreconditionRequired(Failed):
    pass


class InConflict(Failed):
    pass


class TooLarge(Failed):
    pass


class TooManyWaiting(Failed):
    pass


class TooManyRequests(Failed):
    pass


class AnotherLog(Failed):
    pass


class Behind(Failed):
    pass


class EarlierReleasesRun(Failed):
    """A process of an earlier release may still run, and could not read what would be written."""


class StoreUnavailable(Failed):
    pass


class Conflict(Exception):
    """The store refused a batch because something in it is there already; nothing of it was stored."""


class OutcomeUnknown(Exception):
    """The store was lost while it committed: the receipts will tell."""
