"""The commands of a script for one client and day: paths, bodies and idempotency keys."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from demo.scripts import Body, NotUnderstood, Script, Step, replace_references
from demo.setting import Setting

_DAY = re.compile(r"day (?P<day>-?\d{1,5})(?: (?P<time>\d\d:\d\d))?")
_HAPPENED = ("occurred_at", "signed_at", "start", "date_of_service")
"""The fields of a body that state when something happened. Other fields may name later days."""


@dataclass(frozen=True)
class Command:
    """One step. Its key is derived from the client and the step's name, so repeating it changes nothing.

    The path and the body may still name earlier steps, whose event ids are known once those are recorded.
    """

    step: str
    resource: str
    body: Body
    key: UUID

    def body_with(self, made: Mapping[str, str]) -> Body:
        """The body to send, with the event ids of earlier steps filled in. Raises `NotUnderstood`."""
        body: Body = replace_references(self.body, lambda name, field: self._id_of(name, field, made))
        return body

    def path(self, episode: str, made: Mapping[str, str]) -> str:
        """The path to post to. Raises `NotUnderstood`."""
        if self.resource == "episodes":
            return "/v1/episodes"
        parts = replace_references(self.resource.split("/"), lambda name, _: self._id_of(name, "post", made))
        return "/".join(["/v1/episodes", episode, *parts])

    def _id_of(self, name: str, field: str, made: Mapping[str, str]) -> str:
        if name not in made:
            raise NotUnderstood(f"step {self.step!r}, {field}: no step before it is called {name!r}")
        return made[name]


def commands_of(script: Script, setting: Setting, client: UUID, today: date) -> list[Command]:
    """All steps, with their days shifted so that the last step happened on the day before `today`.

    Raises `NotUnderstood`.
    """
    first = today - timedelta(days=1 + max(_days(script.steps), default=0))
    known = {
        "client": str(client),
        "clinic": setting.clinic.id,
        "therapist": setting.therapist.id,
        "coordinator": setting.coordinator.id,
        "partner": setting.partner.id,
    }

    def body(step: Step) -> Body:
        def find(name: str, field: str) -> Any:
            if name.startswith("day "):
                return _moment(name, first, setting, f"step {step.name!r}, {field}")
            return known.get(name, f"${name}")

        laid_out: Body = replace_references(step.body, find)
        return laid_out

    return [
        Command(step.name, step.post, body(step), uuid5(client, f"{script.id} {step.name}"))
        for step in script.steps
    ]


def _days(steps: tuple[Step, ...]) -> Iterator[int]:
    """The days on which something happens."""
    for step in steps:
        for field in _HAPPENED:
            if found := _DAY.fullmatch(str(step.body.get(field)).removeprefix("$")):
                yield int(found["day"])


def _moment(name: str, first: date, setting: Setting, where: str) -> str:
    """A day, or a time at the clinic with the offset of that day."""
    found = _DAY.fullmatch(name)
    try:
        if found is None:
            raise ValueError
        day = first + timedelta(days=int(found["day"]))
        if found["time"] is None:
            return day.isoformat()
        zone = ZoneInfo(setting.clinic.zone)
        return datetime.combine(day, time.fromisoformat(found["time"]), zone).isoformat()
    except (ValueError, OverflowError):
        problem = f"'${name}' is neither a day, as '$day 3', nor a time of one, as '$day 3 10:00'"
        raise NotUnderstood(f"{where}: {problem}") from None
