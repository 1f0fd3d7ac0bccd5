"""Why a command is refused. A refusal stores nothing and names its rule.

Refused
├── Unknown        something named does not exist
├── RuleBroken     the command is against a rule of the record, or a desk decision that can wait
└── NotAllowed     the actor may not do this
"""


class Refused(Exception):
    """A command that cannot be recorded: the rule, and a JSON pointer to the field that breaks it."""

    def __init__(self, rule: str, pointer: str = "", detail: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.pointer = pointer
        self.detail = detail or rule.replace("-", " ")

    @property
    def says_more(self) -> bool:
        """Whether the detail says more than the name of the rule."""
        return self.detail != self.rule.replace("-", " ")


class Unknown(Refused):
    """The body or the path names something that is not there, or not the caller's."""


class RuleBroken(Refused):
    """The command is against a rule of the record, or a desk decision that can wait."""


class NotAllowed(Refused):
    """The actor's role does not allow it."""
