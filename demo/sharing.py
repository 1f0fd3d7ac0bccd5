"""Which steps the partner hears of, by the consents in the script."""

from demo.commands import Command

_KIND_OF = {
    "plans": "plans",
    "plan-refinements": "plans",
    "sessions": "sessions",
    "closure": "closure",
}
"""The commands whose events are sent to a partner, and the kind of consent that each needs."""


class Sharing:
    """The consents to share with the partner, up to the current step."""

    def __init__(self, partner: str) -> None:
        self._partner = partner
        self._consents: dict[str, Command] = {}

    def follow(self, command: Command) -> None:
        """Record a consent or its withdrawal."""
        if command.resource == "sharing-consents" and command.body["partner"] == self._partner:
            self._consents[command.step] = command
        elif command.resource.startswith("sharing-consents/$"):
            self._consents.pop(command.resource.split("/")[1].removeprefix("$"), None)

    def covers(self, command: Command) -> bool:
        """Whether a consent names the kind of this step."""
        return bool(self._covering(command))

    def kept_back(self, command: Command) -> list[str]:
        """The labels of the step that no such consent allows."""
        allowed = {it for consent in self._covering(command) for it in consent.body.get("labels_allowed", [])}
        return [label for label in command.body.get("labels", []) if label not in allowed]

    def _covering(self, command: Command) -> list[Command]:
        kind = _KIND_OF.get(command.resource)
        return [consent for consent in self._consents.values() if kind in consent.body["kinds"]]
