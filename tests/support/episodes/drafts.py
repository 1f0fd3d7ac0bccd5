"""Something to record of any kind: the fact that the example of its command's body asks for."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from episodes.domain.step import Step
from episodes.domain.vocabulary import COMMANDS
from episodes.http.examples import EXAMPLES
from episodes.recording.endpoint import body_form


def example(step: Step) -> Any:
    return EXAMPLES[f"{step.fact.__name__}Command"]


@cache
def draft(step: Step) -> Any:
    """The example, read as the service reads a body."""
    return body_form(step).validate_json(json.dumps(example(step))).draft


BODIES: Mapping[str, Any] = {step.resource: example(step) for step in COMMANDS}
"""The example of each command's body, by its resource."""
