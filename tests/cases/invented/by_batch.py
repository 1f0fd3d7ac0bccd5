"""Records the commands of a case without a server: as the writer does, decided and sealed in a batch."""

import json
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from pydantic import TypeAdapter
from pydantic_core import to_json

from contracts.codec import to_json as published_json
from demo.commands import Command
from demo.setting import Setting, read_setting
from episodes.access import Caller
from episodes.domain.event import Actor
from episodes.domain.refusals import Refused
from episodes.domain.step import Step
from episodes.domain.vocabulary import COMMANDS
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.folding import fold
from episodes.publishing.mapping import published
from episodes.reading.documents import state
from episodes.recording.batch import Batch, Randomness
from episodes.recording.commands import Answer, CommandRequest
from episodes.recording.endpoint import Body, body_form
from episodes.recording.store import ReadSet
from episodes.recording.whole_entries import take_whole_entries
from episodes.visibility import Viewer
from tests.cases.invented.reading import Invented
from tests.cases.invented.telling import Document, Told
from tests.support.episodes.scenario import NOW

KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))
KEYS = {KEY.id: KEY}
CLIENT = UUID(int=1)


@dataclass
class ByBatch:
    """One episode of the case's client, with the directory as the case says."""

    case: Invented
    setting: Setting = field(default_factory=read_setting)
    client: UUID = CLIENT

    def __post_init__(self) -> None:
        self._read = _directory(self.case, self.setting)
        self._episode: UUID | None = None
        self._ids = count(1_000)
        self._stored: list[StoredEvent] = []
        self._published: list[Document] = []

    def record(self, command: Command, role: str, made: dict[str, str]) -> Told:
        step, about = _step_of(command, made)
        body = json.dumps(command.body_with(made))
        read = _form(step.name).validate_json(body)
        request = CommandRequest(
            id=command.key,
            caller=self._caller(role),
            step=step,
            draft=read.draft,
            circumstances=read.circumstances,
            mac=lambda _: sha256(body.encode()).digest(),
            correlation=UUID(int=600),
            episode=self._episode,
            clinic=read.clinic,
            about=about,
        )
        take_whole_entries(self._read, [request], lambda places: (self._stored[at - 1] for _, at in places))
        batch = Batch(self._read, NOW, self._draws())
        assert batch.add(request)
        [(_, outcome)] = batch.outcomes
        if isinstance(outcome, Refused):
            return Told(refused=outcome.rule)
        assert isinstance(outcome, Answer), repr(outcome)
        self._episode = outcome.episode
        self._stored += batch.write_set.events
        for event in batch.write_set.events:
            told = published(decode(event, KEYS), "https://care.example")
            if told is not None:
                self._published.append(json.loads(published_json(told)))
        return Told(document=json.loads(outcome.body))

    def state(self) -> Document:
        episode = fold([decode(event, KEYS) for event in self._stored])
        assert episode is not None
        viewer = Viewer(episode, self._caller("therapist"), NOW)
        document: Document = json.loads(to_json(state(viewer, episode), exclude_none=True))
        return document

    def published(self) -> list[Document]:
        """Everything that was published, oldest first."""
        return self._published

    def _caller(self, role: str) -> Caller:
        clinics = None if role == "service" else frozenset({UUID(self.setting.clinic.id)})
        actor = Actor(id=UUID(self.setting.therapist.id), role=role)
        return Caller(actor=actor, network=self.setting.network, clinics=clinics)

    def _draws(self) -> Randomness:
        return Randomness(
            event_id=lambda: UUID(int=next(self._ids)),
            episode_id=lambda: UUID(int=2_000_000),
            nonce=lambda: bytes(12),
            data_key=lambda network, client, _: (KEY, b"wrapped"),
        )


def _directory(case: Invented, setting: Setting) -> ReadSet:
    network, clinic = setting.network, UUID(setting.clinic.id)
    known = ReadSet()
    known.rows["clinics", network, clinic] = {"zone": setting.clinic.zone}
    known.rows["staff", network, UUID(setting.therapist.id)] = {"role": "therapist", "licensed": True}
    for person, entry in case.staff.items():
        known.rows["staff", network, UUID(person)] = entry
    partner = {"kind": setting.partner.kind, "organisation": setting.partner.organisation}
    known.rows["partners", network, UUID(setting.partner.id)] = partner
    born: dict[str, Any] = {} if case.born is None else {"born": case.born}
    known.rows["clients", network, CLIENT] = born
    known.registered.add((network, CLIENT, clinic))
    return known


def _step_of(command: Command, made: dict[str, str]) -> tuple[Step, UUID | None]:
    """The step of a path, and the id in it."""
    asked = command.resource.split("/")
    named = [made[part.removeprefix("$")] for part in asked if part.startswith("$")]
    template = "/".join("{about}" if part.startswith("$") else part for part in asked)
    of_episodes = (step for step in COMMANDS if step.scope != "client")
    step = next(step for step in of_episodes if step.resource == template)
    return step, UUID(named[0]) if named else None


@cache
def _form(name: str) -> TypeAdapter[Body]:
    return body_form(next(step for step in COMMANDS if step.name == name and step.scope != "client"))
