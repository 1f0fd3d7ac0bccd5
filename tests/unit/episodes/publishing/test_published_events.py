"""What leaves: every fact is published or kept private, on purpose, and then no more than ids and codes."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest

from contracts.events import PUBLISHED, Kind
from episodes.domain.care.sharing_consents import KINDS
from episodes.domain.event import RecordedEvent, Redacted
from episodes.domain.vocabulary import STEPS, kind_of
from episodes.event_log.codec import decode
from episodes.publishing.mapping import SPECIAL, form_of, published, published_name
from tests.support.contract_examples import CONTRACTS, example
from tests.support.episodes.care_facts import shared
from tests.support.episodes.corpus import FACTS, GOLDEN
from tests.support.episodes.golden_events import KEYS, golden, sealed
from tests.support.episodes.new_golden import published_example, write
from tests.support.episodes.scenario import march, recorded
from tests.support.vocabulary_page import EVENTS, OWN_EVENTS

PRIVATE = {name for name, line in EVENTS.items() if line.published is None}


def test_every_fact_is_published_or_private_on_purpose() -> None:
    assert {step.name for step in STEPS if not step.published} == PRIVATE
    assert set(SPECIAL) <= {step.fact for step in STEPS if step.published}


def test_every_published_event_has_one_fact() -> None:
    forms = [form_of(step) for step in STEPS if step.published]
    assert sorted(form.type_name for form in forms) == sorted(PUBLISHED)


def test_every_kind_a_client_may_consent_to_is_that_of_its_events() -> None:
    """An amendment is of the kind of the entry it points at."""
    kinds = {
        name: None if name in OWN_EVENTS else EVENTS[getattr(fact, "of", name)].kind
        for name, fact in FACTS.items()
    }
    assert {name: kind_of(fact) for name, fact in FACTS.items()} == kinds
    assert {kind for kind in kinds.values() if kind is not None} <= set(KINDS)
    assert get_args(Kind) == KINDS, "the contracts may not know the domain, so the list stands there too"


def test_a_private_fact_and_a_name_of_a_later_release_have_no_public_form() -> None:
    assert published_name("treatment-consented.1") is None
    assert published_name("invented-later.1") is None
    assert published(decode(sealed(golden("treatment-consented.1")), KEYS), "https://e.example") is None


@pytest.mark.parametrize("name", sorted(set(FACTS) - PRIVATE))
def test_of_an_erased_client_only_the_envelope_is_published(name: str) -> None:
    header = decode(sealed(golden(name)), KEYS).metadata
    event = published(RecordedEvent(header, Redacted()), "https://e.example")
    assert event is not None
    assert json.loads(event.data) == {"redacted": True}


@pytest.mark.parametrize("name", sorted(set(FACTS) - PRIVATE))
def test_no_word_written_by_hand_is_published(name: str) -> None:
    event = published(decode(sealed(golden(name)), KEYS), "https://e.example")
    assert event is not None
    told = event.data.decode() + json.dumps(dict(event.attributes))
    words = [text for text in _texts(golden(name)["payload"]) if " " in text]
    assert not [text for text in words if text in told]


def test_what_is_absent_is_left_out_of_what_is_published() -> None:
    endless = recorded(shared(effective_from=march(4)), 1, sequence=1)
    event = published(endless, "https://e.example")
    assert event is not None
    assert "until" not in json.loads(event.data)


TRACED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


@pytest.mark.parametrize(
    ("traceparent", "told"),
    [(TRACED, TRACED), (None, None), (f"00-{'0' * 32}-00f067aa0ba902b7-01", None), ("swordfish", None)],
)
def test_a_trace_context_is_that_of_the_request_or_there_is_none(
    traceparent: str | None, told: str | None
) -> None:
    entry = recorded(shared(effective_from=march(4)), 1, sequence=1)
    metadata = replace(entry.metadata, traceparent=traceparent)
    event = published(replace(entry, metadata=metadata), "https://e.example")
    assert event is not None
    assert event.attributes.get("traceparent") == told


def test_the_times_of_an_event_say_utc_in_one_way_and_keep_any_other_offset() -> None:
    entry = recorded(shared(effective_from=march(4)), 1, sequence=1)
    metadata = replace(
        entry.metadata,
        occurred_at=datetime.fromisoformat("2026-03-04T09:00:00-08:00"),
        recorded_at=datetime.fromisoformat("2026-03-04T17:00:00.250+00:00"),
    )
    event = published(replace(entry, metadata=metadata), "https://e.example")
    assert event is not None
    assert event.attributes["time"] == "2026-03-04T09:00:00-08:00"
    assert event.attributes["recordedtime"] == "2026-03-04T17:00:00.250000Z"


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for part in value for text in _texts(part)]
        case dict():
            return [text for part in value.values() for text in _texts(part)]
        case _:
            return []


@pytest.mark.parametrize("name", sorted(set(FACTS) - PRIVATE))
def test_the_committed_examples_are_what_this_service_publishes(name: str) -> None:
    document = published_example(golden(name))
    assert document is not None
    assert document == example(document["type"])


def test_an_event_without_a_golden_file_or_an_example_gets_them_and_no_other_is_touched(
    tmp_path: Path,
) -> None:
    """The last of the corpus, written anew, is the same to the byte."""
    homes = {GOLDEN: tmp_path / "golden", CONTRACTS / "examples": tmp_path / "examples"}
    for home, copied in homes.items():
        shutil.copytree(home, copied)
    last = max(FACTS, key=lambda name: golden(name)["header"]["version"])
    (tmp_path / "golden" / f"{last}.json").unlink()
    (tmp_path / "examples" / "care.episode.episode_closed.v1.json").unlink()
    write(*homes.values())
    for home, copied in homes.items():
        there = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
        assert {path.name: path.read_bytes() for path in copied.iterdir() if path.is_file()} == there
