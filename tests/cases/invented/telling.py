"""What came of a command and of a whole walk, in the small shape of the expectations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.codec import from_json
from notifications.reacting.knowledge import Knowledge, learn
from notifications.reacting.owed import AlertsTakenBack, InboxOwed
from notifications.reacting.policies import decide

Document = Mapping[str, Any]
Made = Mapping[str, str]
"""The id of the first event of each step."""


@dataclass(frozen=True)
class Told:
    """The answer to one command: the rule that refused it, or the document of what was recorded."""

    refused: str | None = None
    document: Document = field(default_factory=dict)

    @property
    def breaches(self) -> list[str]:
        return sorted(self.document.get("breaches", []))

    @property
    def warnings(self) -> list[str]:
        return sorted(warning["rule"] for warning in self.document["warnings"])


def judgements(state: Document, made: Made) -> dict[str, list[str]]:
    """The rules that each session broke, by all that is known, by its step."""
    steps = _steps(made)
    return {
        steps[session["id"]]: sorted(breach["rule"] for breach in session["breaches"])
        for session in state.get("sessions", [])
        if "retracted_by" not in session
    }


def verdicts(state: Document, made: Made) -> dict[str, str]:
    """The verdict of each check: as it was told, and by all that is known."""
    steps = _steps(made)
    return {
        steps[check["id"]]: f"{check['verdict']}, now {check['verdict_now']}"
        for check in state.get("session-checks", [])
        if "retracted_by" not in check
    }


@dataclass
class Inbox:
    """The alerts of one episode, as the policies owe them for its published events."""

    known: Knowledge = field(default_factory=Knowledge)
    standing: list[tuple[str, str, set[str]]] = field(default_factory=list)
    """The step that caused it, what it says, and the sessions whose broken rules it still tells of."""

    def take(self, step: str, events: Sequence[Document], made: Made) -> tuple[list[str], list[str]]:
        """What a step's events alert of, and the steps whose alerts they take back."""
        steps, alerts, taken_back = _steps(made), [], []
        for document in events:
            event = from_json(document)
            self.known = learn(self.known, event)
            for owed in decide(event, self.known):
                match owed:
                    case InboxOwed():
                        sessions = {_name(steps, session) for session in owed.sessions}
                        said = ": ".join([owed.concern, *([", ".join(sorted(sessions))] if sessions else [])])
                        self.standing.append((step, said, sessions))
                        alerts.append(said)
                    case AlertsTakenBack():
                        taken_back += self._take_back({_name(steps, it) for it in owed.sessions})
        return sorted(alerts), sorted(taken_back)

    def _take_back(self, cleared: set[str]) -> list[str]:
        """An alert that tells of several sessions is taken back with the last of them."""
        taken = []
        for alert in list(self.standing):
            step, _, sessions = alert
            if sessions & cleared:
                sessions -= cleared
                if not sessions:
                    self.standing.remove(alert)
                    taken.append(step)
        return taken

    @property
    def stands(self) -> list[str]:
        """The alerts that were not taken back, by the steps that caused them."""
        return sorted(f"{step} ({said.partition(':')[0]})" for step, said, _ in self.standing)

    @property
    def sessions(self) -> set[str]:
        """The sessions of whose broken rules the clinic is alerted still."""
        return set().union(*(sessions for _, _, sessions in self.standing))


def _steps(made: Made) -> dict[str, str]:
    return {event: step for step, event in made.items()}


def _name(steps: Mapping[str, str], event: UUID) -> str:
    return steps[str(event)]
