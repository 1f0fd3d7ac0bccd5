"""The form of a field as asked for at the edge: data beside the type, which storage ignores.

Commands are read strictly by these; stored events never are, because history is not re-validated.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Length:
    """A text of at most `most` characters, or a list of at most `most` entries."""

    most: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Without:
    """A text that has none of these characters: they separate it from another text beside it."""

    characters: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word of a fixed set that is part of the event's own version."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)


@dataclass(frozen=True, slots=True)
class CodeList:
    """A named, versioned list of codes. It grows as data: a new code makes no new event version."""

    name: str
    version: int
    codes: frozenset[str] = field(repr=False)

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Names:
    """The id of a row of the directory, which must be there: nobody is named in vain.

    With `or_in` it may be a row of that table instead.
    """

    table: str
    or_in: str | None = None


STAFF_OR_PARTNER = Names("staff", "partners")
CLIENT, CLINIC, STAFF, PARTNER = Names("clients"), Names("clinics"), Names("staff"), Names("partners")


@dataclass(frozen=True, slots=True)
class IdOf:
    """The id of a part of the record, which must be there. Whoever sees the fact may see it, a partner too.

    `of` is the stored name of the kind that an event must be of; empty, it may be of any. A goal is one of a
    plan of the episode. The id of a visit is the caller's own, and is not looked up. An id without a mark is
    shown to no partner: it might name somebody.
    """

    what: Literal["event", "episode", "goal", "visit"]
    of: str = ""


EVENT, EPISODE, GOAL, VISIT = IdOf("event"), IdOf("episode"), IdOf("goal"), IdOf("visit")
A_CHECK, A_CLEARANCE = IdOf("event", "session-checked.1"), IdOf("event", "clearance-recorded.1")
A_SESSION, A_REFERRAL = IdOf("event", "session-delivered.1"), IdOf("event", "referral-made.1")


@dataclass(frozen=True, slots=True)
class Once:
    """Tells the entries of a list apart: no two of one list have the same."""


ONCE = Once()


@dataclass(frozen=True, slots=True)
class AsKnown:
    """A time that may be written as exactly as it is known: also as a day, a month or a year.

    What ends at a day, month or year ends with it, if `to_its_end`; anything else begins with it.
    """

    to_its_end: bool = False


AS_KNOWN, UP_TO_ITS_END = AsKnown(), AsKnown(to_its_end=True)


@dataclass(frozen=True, slots=True)
class PartOf:
    """The payload of another kind of event, whole or in parts; `of` beside it says which kind."""

    whole: bool


@dataclass(frozen=True, slots=True)
class Computed:
    """Set by the decision or the path, never by the caller."""


COMPUTED = Computed()


@dataclass(frozen=True, slots=True)
class ShownOnly:
    """Only documents show the field: no decision reads it in an entry that was recorded before.

    The states that commands are decided on do without it, so it has a default.
    """


SHOWN_ONLY = ShownOnly()
Shown = Annotated[T, SHOWN_ONLY]
"""A field that only documents show."""


Words = Annotated[str, Length(8_000, least=1)]
"""Free text of a record."""

Line = Annotated[str, Length(300, least=1)]
"""A short text: a name of a thing, a licence number, a reference."""
