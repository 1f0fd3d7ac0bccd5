"""A batch without a store: what one read would have returned for episodes made here, and commands for it."""

import json
from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from episodes.access import Caller
from episodes.domain.care.openings import EpisodeOpened
from episodes.domain.care.sharing_consents import EverySharingWithdrawn
from episodes.domain.episode import Episode
from episodes.domain.event import Actor
from episodes.domain.refusals import Refused
from episodes.domain.vocabulary import COMMANDS
from episodes.event_log.codec import DataKey, decode
from episodes.event_log.folding import CachedEpisode
from episodes.recording.batch import Batch, Randomness
from episodes.recording.commands import Answer, Circumstances, CommandRequest
from episodes.recording.store import ReadSet
from tests.support.episodes.scenario import (
    CLIENT,
    CLINIC,
    COLLEAGUE,
    NETWORK,
    NOW,
    OTHER_CLINIC,
    PARTNER,
    THERAPIST,
    ZONE,
    Past,
    replayed,
)

KEY, NEW_KEY = (DataKey(UUID(int=number), AESGCM(bytes(32))) for number in (7, 70))
SERVICE = Caller(actor=Actor(id=THERAPIST, role="service"), network=NETWORK, clinics=None)
_STEPS = {step.fact: step for step in COMMANDS}


def seen_as(role: str, *clinics: UUID, network: str = NETWORK, **actor: Any) -> Caller:
    return Caller(actor=Actor(id=THERAPIST, role=role, **actor), network=network, clinics=frozenset(clinics))


def an_episode_of(*history: Past, id: int = 1, **said: Any) -> Episode:
    """An episode after this history. `said` replaces its usual attributes."""
    return replace(replayed(history), id=UUID(int=id), **said)


def told_of(*episodes: Episode, key: DataKey | None = KEY) -> ReadSet:
    """What one read returns for these episodes."""
    known = ReadSet()
    for clinic in (CLINIC, OTHER_CLINIC):
        known.rows["clinics", NETWORK, clinic] = {"zone": ZONE}
    for therapist in (THERAPIST, COLLEAGUE):
        known.rows["staff", NETWORK, therapist] = {"role": "student", "licensed": therapist == COLLEAGUE}
    known.rows["clients", NETWORK, CLIENT] = known.rows["partners", NETWORK, PARTNER] = {}
    if key is not None:
        known.keys[NETWORK, CLIENT] = key
    for episode in episodes:
        known.episodes[episode.id] = CachedEpisode(episode, 1_000)
        known.of_clients.setdefault((episode.network, episode.client), []).append(episode.id)
    return known


def a_batch(known: ReadSet) -> Batch:
    """A batch whose ids count up: events from 1000, episodes from 2000, subjects from 3000."""
    ids, episodes, subjects = count(1_000), count(2_000), count(3_000)
    draws = Randomness(
        event_id=lambda: UUID(int=next(ids)),
        episode_id=lambda: UUID(int=next(episodes)),
        nonce=lambda: bytes(12),
        data_key=lambda network, client, _: (NEW_KEY, f"{network} {client.int} wrapped".encode()),
        subject=lambda: UUID(int=next(subjects)),
    )
    return Batch(known, NOW, draws)


def command(draft: Any, episode: Episode | UUID | None = None, **said: Any) -> CommandRequest:
    """A request as an endpoint makes it. Equal drafts make equal requests."""
    digest = sha256(repr(draft).encode()).digest()
    usual: dict[str, Any] = {
        "id": UUID(int=500),
        "caller": SERVICE,
        "step": _STEPS[type(draft)],
        "draft": draft,
        "circumstances": Circumstances(**said.pop("said", {})),
        "mac": lambda _: digest,
        "correlation": UUID(int=600),
        "episode": episode.id if isinstance(episode, Episode) else episode,
        "clinic": CLINIC if isinstance(draft, EpisodeOpened) else None,
        "client": CLIENT if isinstance(draft, EverySharingWithdrawn) else None,
    }
    return CommandRequest(**(usual | said))


def outcome(batch: Batch, asked: CommandRequest) -> Any:
    """The outcome of a command, which must fit into the batch."""
    assert batch.add(asked)
    assert batch.outcomes[-1][0] is asked
    return batch.outcomes[-1][1]


def answered(batch: Batch, asked: CommandRequest) -> Answer:
    told = outcome(batch, asked)
    assert isinstance(told, Answer), repr(told)
    return told


def warned(batch: Batch, asked: CommandRequest) -> list[tuple[str, str]]:
    """The warnings of the answer: rule and pointer."""
    told = json.loads(answered(batch, asked).body)
    return [(one["rule"], one["pointer"]) for one in told["warnings"]]


def refused(batch: Batch, asked: CommandRequest) -> tuple[str, str]:
    told = outcome(batch, asked)
    assert isinstance(told, Refused), repr(told)
    assert not batch.write_set.events
    return told.rule, told.pointer


def facts(batch: Batch, key: DataKey = KEY) -> list[tuple[UUID, int, Any]]:
    """The facts to be written: episode, version, fact."""
    entries = [decode(event, {key.id: key}) for event in batch.write_set.events]
    return [(entry.metadata.episode_id, entry.metadata.version, entry.fact) for entry in entries]
