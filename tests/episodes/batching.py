"""A batch without a store: what one read would have told of episodes made here, and commands upon it."""

from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from episodes.application.batch import Batch, Draws
from episodes.application.commands import Answer, Caller, Circumstances, Command
from episodes.application.known import Cached, Known
from episodes.application.recording import DataKey, loaded
from episodes.domain.envelope import Actor
from episodes.domain.episode import Episode
from episodes.domain.opening import EpisodeOpened
from episodes.domain.refusals import Refused
from episodes.domain.sharing import EverySharingWithdrawn
from episodes.domain.steps import COMMANDS
from tests.episodes.scenario import (
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
    """After this history; `said` is what else of it differs from the usual."""
    return replace(replayed(history), id=UUID(int=id), **said)


def told_of(*episodes: Episode, key: DataKey | None = KEY) -> Known:
    """What one read finds."""
    known = Known()
    for clinic in (CLINIC, OTHER_CLINIC):
        known.rows["clinics", NETWORK, clinic] = {"zone": ZONE}
    for therapist in (THERAPIST, COLLEAGUE):
        known.rows["staff", NETWORK, therapist] = {"licensed": therapist == COLLEAGUE}
    known.rows["clients", NETWORK, CLIENT] = known.rows["partners", NETWORK, PARTNER] = {}
    if key is not None:
        known.keys[NETWORK, CLIENT] = key
    for episode in episodes:
        known.episodes[episode.id] = Cached(episode, 1_000)
        known.of_clients.setdefault((episode.network, episode.client), []).append(episode.id)
    return known


def a_batch(known: Known) -> Batch:
    """Whose ids count up: events from 1000, episodes from 2000, subjects from 3000."""
    ids, episodes, subjects = count(1_000), count(2_000), count(3_000)
    draws = Draws(
        event_id=lambda: UUID(int=next(ids)),
        episode_id=lambda: UUID(int=next(episodes)),
        nonce=lambda: bytes(12),
        data_key=lambda network, client: (NEW_KEY, f"{network} {client.int} wrapped".encode()),
        subject=lambda: UUID(int=next(subjects)),
    )
    return Batch(known, NOW, draws)


def command(draft: Any, episode: Episode | UUID | None = None, **said: Any) -> Command:
    """As an endpoint makes it; equal drafts make equal requests."""
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
    return Command(**(usual | said))


def outcome(batch: Batch, asked: Command) -> Any:
    """Of a command that fits."""
    assert batch.add(asked)
    assert batch.outcomes[-1][0] is asked
    return batch.outcomes[-1][1]


def answered(batch: Batch, asked: Command) -> Answer:
    told = outcome(batch, asked)
    assert isinstance(told, Answer), repr(told)
    return told


def refused(batch: Batch, asked: Command) -> tuple[str, str]:
    told = outcome(batch, asked)
    assert isinstance(told, Refused), repr(told)
    assert not batch.writing.events
    return told.rule, told.pointer


def facts(batch: Batch, key: DataKey = KEY) -> list[tuple[UUID, int, Any]]:
    """What would be written: episode, version, fact."""
    entries = [loaded(event.state, {key.id: key}) for event in batch.writing.events]
    return [(entry.header.episode_id, entry.header.version, entry.fact) for entry in entries]
