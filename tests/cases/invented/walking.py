"""Walks an invented case: sends its commands one after the other, and notes what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """The walk of one case; `came` is what became of each step, in the order in which they were sent."""

    case: Invented
    desk: Desk
    came: dict[str, Expected] = field(default_factory=dict)
    inbox: Inbox = field(default_factory=Inbox)
    made: dict[str, str] = field(default_factory=dict)

    def go(self, steps: Sequence[str] | None = None) -> "Walk":
        """Send these steps in this order, or all of the script as it is written."""
        commands = {it.step: it for it in self.case.commands(self.desk.setting, self.desk.client)}
        for step in steps or list(commands):
            self.came[step] = self._sent(commands[step])
        return self

    def unexpected(self) -> list[str]:
        """Where a command came to something else than was written down."""
        return [
            f"{step}: expected {self.case.expected(step)}, came to {came}"
            for step, came in self.came.items()
            if came != self.case.expected(step)
        ]

    def _sent(self, command: Command) -> Expected:
        before = judgements(self.desk.state(), self.made) if self.made else {}
        heard = len(self.desk.published()) if self.made else 0
        told = self.desk.record(command, self.case.role_of(command.step), self.made)
        if told.refused is not None:
            return Expected(refused=told.refused)
        self.made[command.step] = told.document["events"][0]["id"]
        after = judgements(self.desk.state(), self.made)
        judged = {
            session: after[session]
            for session in before
            if after.get(session, before[session]) != before[session]
        }
        alerts, taken_back = self.inbox.take(command.step, self.desk.published()[heard:], self.made)
        return Expected(
            breaches=told.breaches,
            warnings=told.warnings,
            judged=judged,
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
