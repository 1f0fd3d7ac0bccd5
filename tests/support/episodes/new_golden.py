"""Writes the golden file, and the published example, of each event that has none; `make schemas` runs it.

What is there stays as it is: it says for ever what was once stored.
"""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contracts.codec import to_batch
from episodes.domain.step import Step
from episodes.domain.vocabulary import STEPS
from episodes.event_log.codec import decode
from episodes.publishing.mapping import published
from tests.support.contract_examples import CONTRACTS
from tests.support.episodes.corpus import FACTS, GOLDEN
from tests.support.episodes.corpus_ids import event_id
from tests.support.episodes.golden_events import KEYS, sealed

Document = dict[str, Any]


def write(golden: Path = GOLDEN, examples: Path = CONTRACTS / "examples") -> None:
    for step in STEPS:
        path = golden / f"{step.name}.json"
        if not path.exists():
            _write(path, _following(step, [json.loads(one.read_text()) for one in golden.glob("*.json")]))
        example = published_example(json.loads(path.read_text()))
        if example is not None and not (examples / f"{example['type']}.json").exists():
            _write(examples / f"{example['type']}.json", example)


def published_example(document: Document) -> Document | None:
    """What is published of a golden event, none if it is private."""
    event = published(decode(sealed(document), KEYS), "https://episodes.example")
    if event is None:
        return None
    example: Document = json.loads(to_batch([event]))[0]
    return example


def _following(step: Step, history: list[Document]) -> Document:
    """The event of that kind a day after the last of the history."""
    header = dict(max((document["header"] for document in history), key=lambda header: header["version"]))
    version = header["version"] + 1
    for number in ("command_id", "correlation_id"):
        header[number] = f"{header[number][:-3]}{int(header[number][-3:]) + 1:03d}"
    for time in ("occurred_at", "recorded_at"):
        header[time] = _a_day_after(header[time])
    header |= {"event_id": str(event_id(version)), "type": step.name, "version": version, "origin": "live"}
    header.pop("sequence", None)
    if step.published:
        header["sequence"] = 1 + max(document["header"].get("sequence", 0) for document in history)
    fact = TypeAdapter(step.fact).dump_python(FACTS[step.name], mode="json", exclude_none=True)
    return {"header": header, "payload": {"fact": fact, "beside": {"labels": []}}}


def _a_day_after(time: str) -> str:
    day, at, rest = time.partition("T")
    return f"{date.fromisoformat(day) + timedelta(days=1)}{at}{rest}"


def _write(path: Path, document: Document) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
