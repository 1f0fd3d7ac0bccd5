"""Walks an invented case: sends its commands one after the other, and notes what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol
from uuid import UUID

from demo.commands import Command
from demo.setting import Setting
from tests.cases.invented.reading import Expected, Invented
from tests.cases.invented.telling import Document, Inbox, Told, judgements, verdicts


class Desk(Protocol):
    """Where commands of one episode are recorded: in a batch here, or over HTTP."""

    setting: Setting
    client: UUID

    def record(self, command: Command, role: str, made: dict[str, str]) -> Told: ...

    def state(self) -> Document: ...

    def published(self) -> Sequence[Document]: ...


@dataclass
class Walk:
    """The walk of one case. `came` is what became of each step, in the order in which they were sent;
    `judged` is how the sessions stand, and `heard` what was published.
    """

    case: Invented
    desk: Desk
    came: dict[str, Expected] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    made: dict[str, str] = field(default_factory=dict)
    judged: dict[str, list[str]] = field(default_factory=dict)
    heard: list[Document] = field(default_factory=list)

    def go(self, steps: Sequence[str] | None = None) -> "Walk":
        """Send these steps in this order, or all of the script as it is written."""
        commands = {it.step: it for it in self.case.commands(self.desk.setting, self.desk.client)}
        for step in steps or list(commands):
            self.came[step] = self._sent(commands[step])
        return self

    def unexpected(self) -> list[str]:
        """Where a command came to something else than was written down."""
        return [
            f"{step}, {part.name}: expected {wanted}, came to {found}"
            for step, came in self.came.items()
            for part in fields(came)
            if (found := getattr(came, part.name)) != (wanted := getattr(self.case.expected(step), part.name))
        ]

    def _sent(self, command: Command) -> Expected:
        told = self.desk.record(command, self.case.role_of(command.step), self.made)
        if told.refused is not None:
            return Expected(refused=told.refused)
        self.made[command.step] = told.document["events"][0]["id"]
        before, self.judged = self.judged, judgements(self.desk.state(), self.made)
        heard, self.heard = self.heard, list(self.desk.published())
        alerts, taken_back = self.inbox.take(command.step, self.heard[len(heard) :], self.made)
        return Expected(
            breaches=told.breaches,
            warnings=told.warnings,
            judged={
                session: self.judged[session]
                for session, rules in before.items()
                if self.judged.get(session, rules) != rules
            },
            alerts=alerts,
            taken_back=taken_back,
        )

    def end(self) -> dict[str, Any]:
        """The judgements at the end, and the alerts that stand."""
        state = self.desk.state()
        return {
            "status": state["status"],
            "sessions": judgements(state, self.made),
            "checks": verdicts(state, self.made),
            "alerts": self.inbox.stands,
        }

    @property
    def alarming(self) -> set[str]:
        """The sessions of which the clinic is to know: they broke a rule, and were not imported."""
        broke = {session for session, broken in self.end()["sessions"].items() if broken}
        return broke - set(self.case.imported)


def judged_at_the_end(end: Mapping[str, Any]) -> dict[str, Any]:
    """Of the end what no order of arrival changes: what a check told depends on what was known then."""
    return {
        "status": end["status"],
        "sessions": end["sessions"],
        "checks": {check: told.rpartition(", now ")[2] for check, told in end["checks"].items()},
    }
