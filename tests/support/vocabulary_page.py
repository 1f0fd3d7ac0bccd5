"""The page for readers as an expectation: what contracts/VOCABULARY.md says, by hand, of each event.

`unit/project/test_vocabulary.py` holds the code to the page, other tests what the service does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.servers.discovery import CHECKOUT

CONTRACTS = CHECKOUT / "contracts"
VOCABULARY = (CONTRACTS / "VOCABULARY.md").read_text()

CLINICAL = {"therapist", "supervisor", "service"}
DESK = CLINICAL | {"coordinator"}
GROUPS = {
    "clinical": CLINICAL,
    "desk": DESK,
    "staff": DESK | {"auditor", "privacy_officer"},
    "office": {"coordinator", "privacy_officer", "service"},
    "anybody": set[str](),
}
OF_ITS_ENTRY = "of its entry"
"""The kind of an amendment."""


def table(text: str, head: str) -> list[list[str]]:
    """The rows below the row of headings that begins so; code marks are taken off."""
    _, _, after = text.partition(f"\n| {head} |")
    assert after, f"no table that begins with {head}"
    rows = []
    for line in after.split("\n")[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!`system)\|", line.strip("|"))])
    return [[cell[1:-1] if re.fullmatch("`[^`]+`", cell) else cell for cell in row] for row in rows]


def roles(cell: str) -> set[str]:
    """The roles a cell names, by themselves or as groups."""
    return set().union(*(GROUPS.get(word, {word}) for word in cell.split(", ")))


@dataclass(frozen=True)
class Line:
    """What the table of events says of one command: `kind` is none where no partner is ever told."""

    event: str
    path: str
    who: frozenset[str]
    published: str | None
    kind: str | None
    after_closing: str
    set_right: str

    @property
    def resource(self) -> str:
        return self.path.removeprefix("/v1/")

    @property
    def about(self) -> str | None:
        """The resource whose event the path names: none for amendments, which are about any."""
        before, named, _ = self.resource.partition("/{about}")
        return before if named and before in COMMANDS else None


def _line(row: list[str]) -> Line:
    event, path, _, who, published, kind, after_closing, set_right = row
    private = re.match("private: .+", published)
    return Line(
        event=event,
        path=path,
        who=frozenset(roles(who)),
        published=None if private else f"care.episode.{published}",
        kind=None if kind == "–" else kind,
        after_closing=after_closing,
        set_right=set_right,
    )


LINES = [_line(row) for row in table(VOCABULARY, "event")]
COMMANDS: Mapping[str, Line] = {line.resource: line for line in LINES}
"""The lines by the resource to which their commands are posted."""
EVENTS: Mapping[str, Line] = {line.event: line for line in reversed(LINES)}
"""The lines by the name of the event. Where two commands record one kind of event, the first of them."""
OWN_EVENTS: Mapping[str, str] = {row[0]: f"care.episode.{row[2]}" for row in table(VOCABULARY, "own event")}
"""What is published of each event that the service records itself."""
