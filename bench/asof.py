"""How long it takes to read an episode as of two clocks: decrypting, folding and showing its stored bytes."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from statistics import quantiles
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from pydantic_core import to_json

from bench.machine import Machine
from bench.table import MILLISECONDS, Row
from care_platform.runtime import tune
from episodes.access import Caller
from episodes.domain.event import Actor
from episodes.domain.time import When
from episodes.event_log.codec import Annotations, DataKey, decode, encode
from episodes.event_log.folding import fold
from episodes.reading import documents
from episodes.visibility import viewer
from tests.support.episodes import care_facts
from tests.support.episodes.scenario import NETWORK, NOW, THERAPIST, ZONE, march, past, recorded

EVENTS = 200
MAX_MILLISECONDS = 10.0
"""The target for the 95th percentile, in milliseconds."""

_KEY = DataKey(UUID(int=7), AESGCM(bytes(32)))
_SERVICE = Caller(actor=Actor(id=THERAPIST, role="service"), network=NETWORK, clinics=None)


def measure(machine: Machine, reads: int = 200) -> Iterator[Row]:
    """The 95th percentile of the reads, beside the target."""
    tune(all_every=None)
    events = [_event(fact, version) for version, fact in enumerate(_facts(), start=1)]
    _read(events)
    slow = [_p95(events, reads) for _ in range(machine.rounds)]
    aim = [MAX_MILLISECONDS] * machine.rounds
    beside = f"the aim: {MAX_MILLISECONDS:.0f} ms"
    yield Row(f"as-of read of {EVENTS} events, p95", slow, beside, aim, 1.0, MILLISECONDS, True)


def _facts() -> Iterator[Any]:
    """A long course of care: checks, sessions, flags, occasional new plans, one entry in ten corrected."""
    yield from (
        care_facts.an_episode,
        care_facts.a_consent(march(1)),
        care_facts.a_baseline,
        care_facts.a_plan,
    )
    for number in range(4, EVENTS):
        yield _later(number)


def _later(number: int) -> Any:
    match number % 10:
        case 0:
            correction = care_facts.a_correction_of("assessed.1", care_facts.a_baseline, happened_at=march(2))
            return replace(correction, event=_event_id(number - 1), happened_precision="second")
        case 1 | 2 | 3:
            return care_facts.a_check
        case 4:
            return replace(care_facts.a_refinement(planned_sessions=number), plan_version=number)
        case 5:
            return care_facts.a_flag()
        case 9:
            return care_facts.a_baseline
        case _:
            return care_facts.a_session(march(1 + number % 28, 10))


def _event_id(number: int) -> UUID:
    return UUID(int=1_000 + number)


def _event(fact: Any, version: int) -> StoredEvent:
    """The facts as stored events, one an hour."""
    header = recorded(past(fact, march(2, version % 24)), version, version).metadata
    known = NOW - timedelta(hours=EVENTS - version)
    header = replace(header, event_id=_event_id(version - 1), recorded_at=known)
    return encode(header, fact, Annotations(), _KEY, bytes(12))


def _read(events: list[StoredEvent]) -> bytes:
    """What the endpoint does after the store has answered."""
    entries = [decode(event, {_KEY.id: _KEY}) for event in events]
    look = viewer(fold(entries), entries, _SERVICE, NOW)
    shown = fold([entry for entry in entries if entry.metadata.recorded_at < NOW])
    assert shown is not None
    return to_json(documents.state(look, shown, When.of(march(9), "second", ZONE)))


def _p95(events: list[StoredEvent], reads: int) -> float:
    """In milliseconds of CPU time: nothing is waited for, and other load should not count."""
    took = []
    for _ in range(reads):
        began = time.thread_time()
        _read(events)
        took.append((time.thread_time() - began) * 1_000)
    return quantiles(took, n=20)[-1]
