"""The committed examples, one per published event, as they are sent."""

import json
from pathlib import Path
from typing import Any

from contracts.codec import CloudEvent
from contracts.events import PUBLISHED
from contracts.former_names import FORMER

CONTRACTS = Path(__file__).parents[2] / "contracts"
TYPES = sorted(PUBLISHED)


def example(type_name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((CONTRACTS / "examples" / f"{type_name}.json").read_text())
    return document


def written(type_name: str) -> CloudEvent:
    """The example as its producer hands it to the codec."""
    attributes = example(type_name)
    data = json.dumps(attributes.pop("data")).encode()
    beside = {"specversion", "datacontenttype", *FORMER.values()}
    return CloudEvent({name: str(value) for name, value in attributes.items() if name not in beside}, data)
