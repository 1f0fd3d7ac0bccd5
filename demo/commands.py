"""A published case as the commands of an episode, in order: what is posted where, under which key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from demo.scripts import Case
from demo.setting import Setting
from laptop.course.chart import Body, Chart, Made
from laptop.course.days import lay_out
from laptop.course.steps import steps_of


@dataclass(frozen=True)
class Command:
    """One step of care. Its key comes from the client and the step, so repeating it changes nothing."""

    step: str
    resource: str
    body: Body
    key: UUID

    def body_with(self, made: Mapping[str, str]) -> Body:
        """The body to send, given the event ids of the steps before."""
        filled: Body = _filled(self.body, made)
        return filled


def commands_of(case: Case, setting: Setting, client: UUID, today: date) -> list[Command]:
    """The whole course of care, laid out so that its last fact is the day before `today`."""
    chart = Chart(case, setting, client, lay_out(case, setting, today))
    return [
        Command(step, resource, body, uuid5(client, f"{case['id']} {step}"))
        for step, resource, body in steps_of(chart)
    ]


def _filled(value: Any, made: Mapping[str, str]) -> Any:
    match value:
        case Made(by):
            return made[by]
        case dict():
            return {name: _filled(part, made) for name, part in value.items()}
        case list():
            return [_filled(part, made) for part in value]
        case _:
            return value
