"""Walks a case through the domain alone: each body read strictly as HTTP would, decided, and folded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid5

from pydantic_core import to_json

from demo.checking import read_script
from demo.commands import Command as CaseCommand
from demo.commands import commands_of
from demo.setting import Setting, read_setting
from episodes.access import Caller
from episodes.domain.decision import Command
from episodes.domain.episode import Episode
from episodes.domain.event import Actor, RecordedEvent
from episodes.domain.step import Step
from episodes.domain.time import When
from episodes.domain.vocabulary import BY_RESOURCE, decide, evolve
from episodes.reading.documents import state
from episodes.recording.endpoint import Body, body_form
from episodes.visibility import Viewer
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    EPISODE,
    NETWORK,
    NOW,
    SUBJECT,
    THERAPIST,
    Past,
    recorded,
)

TODAY = NOW.date()


@dataclass(frozen=True)
class Walked:
    """One step of a case: what was asked and recorded, and the episode after it."""

    step: str
    asked: Command[Any]
    entry: RecordedEvent[Any]
    episode: Episode


def walked(name: str) -> dict[str, Any]:
    """The state document of the case's episode. A refused command raises."""
    *_, last = steps_of(name)
    caller = Caller(actor=Actor(id=THERAPIST, role="therapist"), network=NETWORK, clinics=frozenset({CLINIC}))
    document: dict[str, Any] = json.loads(
        to_json(state(Viewer(last.episode, caller, NOW), last.episode), exclude_none=True)
    )
    return document


def steps_of(name: str) -> Iterator[Walked]:
    """The steps of a case, one after the other. A refused command raises."""
    setting = read_setting()
    episode = Episode(id=EPISODE, network=NETWORK, clinic=CLINIC, client=CLIENT)
    made: dict[str, str] = {}
    for command in commands_of(read_script(name, setting), setting, CLIENT, TODAY):
        taken = _taken(episode, command, command.body_with(made), setting)
        yield taken
        episode = taken.episode
        made[command.step] = str(taken.entry.metadata.event_id)


def _taken(episode: Episode, command: CaseCommand, body: dict[str, Any], setting: Setting) -> Walked:
    step = BY_RESOURCE[command.resource]
    read = body_form(step).validate_json(json.dumps(body))
    when = _when(step, read, setting.clinic.zone)
    id_of_event = uuid5(EPISODE, command.step)
    asked = Command(draft=read.draft, when=when, now=NOW, event_ids=[id_of_event], subject=SUBJECT)
    (decided,) = decide(episode, asked)
    bare = recorded(Past(decided.fact, decided.when), episode.version + 1)
    said = read.circumstances
    header = replace(bare.metadata, event_id=id_of_event, performer=said.performer)
    entry = replace(bare, metadata=header, labels=tuple(said.labels))
    return Walked(command.step, asked, entry, evolve(episode, entry))


def _when(step: Step, read: Body, zone: str) -> When:
    if step.own_time is not None:
        return step.own_time(read.draft, zone)
    stated = read.circumstances
    assert stated.occurred_at is not None
    return When.of(stated.occurred_at, stated.precision or "second", zone)
